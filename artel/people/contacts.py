"""E-mail addresses and phone numbers, as they are stored."""

import re

import phonenumbers

from artel.people.errors import EmailInvalid, PhoneInvalid

LONGEST_EMAIL = 254
# One @, no spaces or control characters, a domain with a point in it that starts and ends like one. Whether mail
# arrives there only a code or a link shows.
EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W_](?:[\w-]*[^\W_])?")
PHONE_PUNCTUATION = re.compile(r"[\s().-]")


def clean_email(email: str) -> str:
    """The address without the spaces around it. Refuses: EmailInvalid."""
    email = email.strip()
    if len(email) > LONGEST_EMAIL or not email.isprintable() or not EMAIL.fullmatch(email):
        raise EmailInvalid
    return email


def clean_phone(phone: str) -> str:
    """The number's digits with the country's code, without the plus. Refuses: PhoneInvalid."""
    digits = PHONE_PUNCTUATION.sub("", phone).removeprefix("+").removeprefix("00")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > 15:
        raise PhoneInvalid
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise PhoneInvalid from None
    if not phonenumbers.is_possible_number(number):
        raise PhoneInvalid
    return digits
