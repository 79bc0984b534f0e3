"""Electronic wallets as a freelancer types them."""

import re

import phonenumbers

from artel.errors import Refused

QIWI, WEBMONEY = 2, 3
# What a WebMoney purse holds stands in its first letter.
PURSE_CURRENCIES = {"Z": "USD", "E": "EUR", "P": "RUB", "R": "RUB", "K": "KZT"}


def read_qiwi_wallet(typed: str) -> str:
    """A QIWI wallet is a phone's number; shown as its digits, country first. Refuses wallet_phone_wrong."""
    digits = re.sub(r"\D", "", typed)
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise Refused("wallet_phone_wrong", "number") from None
    if not phonenumbers.is_valid_number(number) or re.search(r"[^\d\s()+.-]", typed):
        raise Refused("wallet_phone_wrong", "number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")


def read_purse(typed: str) -> str:
    """A WebMoney purse: the letter of its currency and 12 digits. Refuses purse_wrong."""
    purse = re.sub(r"[\s-]", "", typed).upper()
    if not re.fullmatch(r"[A-Z][0-9]{12}", purse) or purse[0] not in PURSE_CURRENCIES:
        raise Refused("purse_wrong", "number")
    return purse
