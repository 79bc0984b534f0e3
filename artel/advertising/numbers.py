"""Whether the numbers that states give to organisations can be such: by their check digits where these are known."""

import re
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import stdnum
from stdnum import luhn
from stdnum.ru import inn, ogrn

LEGAL_INN_DIGITS = 10
PERSONAL_INN_DIGITS = 12
OGRN_DIGITS = 13
OGRNIP = re.compile(r"[34]\d{14}", re.ASCII)
# Four digits of the tax office, two signs of the reason, three digits of the serial number.
KPP = re.compile(r"\d{4}[0-9A-Z]{2}\d{3}", re.ASCII)
FOREIGN_NUMBER = re.compile(r"[\w][\w ./#-]{0,49}")
CARD_NUMBER = re.compile(r"\d{13,19}", re.ASCII)


def is_inn(number: str, *, digits: int) -> bool:
    """10 digits are an organisation's, 12 a person's. stdnum would take other scripts' digits, and they be kept."""
    return number.isascii() and len(number) == digits and bool(inn.is_valid(number))


def is_ogrn(number: str) -> bool:
    return number.isascii() and len(number) == OGRN_DIGITS and bool(ogrn.is_valid(number))


def is_ogrnip(number: str) -> bool:
    """Checked here: stdnum leaves remainders of 10 to 12 as they are, and so refuses three numbers of thirteen."""
    return OGRNIP.fullmatch(number) is not None and int(number[:-1]) % 13 % 10 == int(number[-1])


def is_kpp(number: str) -> bool:
    return KPP.fullmatch(number) is not None


def is_foreign_number(number: str) -> bool:
    """The form alone: letters, digits and what stands between them, at most 50."""
    return FOREIGN_NUMBER.fullmatch(number) is not None


def is_foreign_tax_number(country: str, number: str) -> bool:
    """Whether any number of the country that stdnum knows has this form and these check digits.

    A country has several: of people, of companies, of those who pay VAT. Where stdnum knows none, the form decides.
    """
    known = numbers_of(country)
    return is_foreign_number(number) and (not known or any(module.is_valid(number) for module in known))


@cache
def numbers_of(country: str) -> list[Any]:
    """stdnum's modules for a country, by its two letters; a reserved word has an underscore there."""
    name = country.lower()
    package = next((found for found in (name, f"{name}_") if found in COUNTRY_PACKAGES), None)
    if package is None:
        return []
    path = import_module(f"stdnum.{package}").__path__
    modules = [import_module(f"stdnum.{package}.{module.name}") for module in iter_modules(path)]
    return [module for module in modules if hasattr(module, "is_valid")]


COUNTRY_PACKAGES = {module.name for module in iter_modules(stdnum.__path__) if module.ispkg}


def without_card_digits(number: str) -> str:
    """A means of payment as it may be kept: of a card the first six and the last four digits."""
    digits = re.sub(r"[ -]", "", number)
    if CARD_NUMBER.fullmatch(digits) and luhn.is_valid(digits):
        return f"{digits[:6]}{'*' * (len(digits) - 10)}{digits[-4:]}"
    return number
