"""Bank accounts as a freelancer types them: SEPA, SWIFT, and Russian accounts by the bank's BIK."""

import re

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException

from artel.errors import Refused

SEPA, SWIFT, RUSSIAN = 1, 2, 6
KEY_WEIGHTS = (7, 1, 3)
# What banks outside Russia are sent: Latin letters, with accents too (EPC217-08, "SEPA Requirements for an Extended
# Character Set"; SWIFT's character set X). A name in another script would come back as a payment refused.
LATIN_NAME = re.compile(r"[A-Za-z\u00c0-\u024f0-9 .,'’&()-]+")
LONGEST_HOLDER = 70  # ISO 20022 credit transfers carry no longer name
LONGEST_COMPANY_NAME = 140
# The three digits an account's number has for its currency: accounts write the rouble 810, its ISO number is 643.
ROUBLE_CODES = {"810", "643"}


def read_iban(typed: str, *, sepa: bool) -> IBAN:
    """Refuses iban_wrong (length, country, check digits: ISO 13616) and iban_not_sepa."""
    try:
        iban = IBAN(typed.strip())
    except SchwiftyException:
        raise Refused("iban_wrong", "number") from None
    if sepa and not iban.in_sepa_zone:
        raise Refused("iban_not_sepa", "number")
    return iban


def read_swift_account(typed: str) -> str:
    """An IBAN, checked as one, or where a country has none up to 34 letters and digits (ISO 20022 "Max34Text")."""
    account = re.sub(r"[\s-]", "", typed).upper()
    if re.match(r"[A-Z]{2}[0-9]{2}", account):
        return str(read_iban(account, sepa=False))
    if not re.fullmatch(r"[A-Z0-9]{4,34}", account):
        raise Refused("account_number_wrong", "number")
    return account


def read_bic(typed: str) -> BIC:
    """The bank's SWIFT code. Refuses bic_wrong: length, characters or country (ISO 9362)."""
    try:
        return BIC(typed.strip().upper())
    except SchwiftyException:
        raise Refused("bic_wrong", "bic") from None


def read_bik(typed: str) -> str:
    """A Russian bank's nine digits, 04 first; those of the Bank of Russia's own offices open no such account.

    Refuses bik_wrong. Source: Bank of Russia, regulation 732-P "On the payment system of the Bank of Russia".
    """
    bik = typed.strip()
    if not re.fullmatch(r"04[0-9]{7}", bik) or int(bik[6:]) < 50:
        raise Refused("bik_wrong", "bik")
    return bik


def read_russian_account(typed: str, *, bik: str) -> str:
    """A client's account of 20 digits, in roubles, whose control key fits the bank's BIK.

    Refuses account_number_wrong, account_not_in_roubles, account_key_wrong.
    """
    account = re.sub(r"[\s.]", "", typed)
    if not re.fullmatch(r"4[0-9]{19}", account):
        raise Refused("account_number_wrong", "number")
    if account[5:8] not in ROUBLE_CODES:
        raise Refused("account_not_in_roubles", "number")
    if not control_key_fits(account, bank=bik[6:]):
        raise Refused("account_key_wrong", "number")
    return account


def read_correspondent_account(typed: str, *, bik: str) -> str:
    """The bank's own account at the Bank of Russia: 301…, its end the end of the BIK, its key by the office's number.

    Refuses correspondent_account_wrong.
    """
    account = re.sub(r"[\s.]", "", typed)
    is_one = re.fullmatch(r"301[0-9]{17}", account) and account[17:] == bik[6:]
    if not is_one or not control_key_fits(account, bank="0" + bik[4:6]):
        raise Refused("correspondent_account_wrong", "correspondent_account")
    return account


def is_latin(name: str) -> bool:
    return LATIN_NAME.fullmatch(name) is not None


def read_holder(typed: str, *, latin: bool) -> str:
    """Whose account it is, in any script, or where `latin` in Latin letters.

    Refuses holder_required, account_holder_wrong and account_holder_not_latin.
    """
    name = " ".join(typed.split())
    if not name:
        raise Refused("holder_required", "holder")
    if len(name) > LONGEST_HOLDER or not re.fullmatch(r"[^\W\d_][\w .,'’&()\"«»№-]*", name):
        raise Refused("account_holder_wrong", "holder", longest=LONGEST_HOLDER)
    if latin and not is_latin(name):
        raise Refused("account_holder_not_latin", "holder")
    return name


def read_company_name(typed: str) -> str:
    """A company's name, figures and quotation marks and all. Refuses holder_required and account_holder_wrong."""
    name = " ".join(typed.split())
    if not name:
        raise Refused("holder_required", "holder")
    if len(name) > LONGEST_COMPANY_NAME or not re.search(r"[^\W\d_]", name) or not name.isprintable():
        raise Refused("account_holder_wrong", "holder", longest=LONGEST_COMPANY_NAME)
    return name


def control_key_fits(account: str, *, bank: str) -> bool:
    """Whether the ninth digit of a Russian account agrees with the other ones and with its bank.

    `bank` is three digits: a credit institution's are the last of its BIK; for an account at the Bank of Russia
    they are 0 and the fifth and sixth digit of the BIK. Each of the 23 digits is multiplied by 7, 1, 3 in turn; the
    products' last digits sum to a multiple of ten when the key is right.
    Source: Bank of Russia, 8 September 1997 N 515, "Порядок расчета контрольного ключа в номере лицевого счета".
    """
    digits = [int(digit) for digit in bank + account]
    return sum(digit * KEY_WEIGHTS[place % 3] % 10 for place, digit in enumerate(digits)) % 10 == 0
