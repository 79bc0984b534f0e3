"""What a freelancer types for a new endpoint, checked as a whole: every wrong field is named, not the first alone."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from types import TracebackType

import msgspec

from artel.errors import Refused
from artel.payouts import bank_accounts, cards, wallets
from artel.payouts.errors import EndpointRefused

CARD, WALLET, BANK_ACCOUNT = 1, 2, 6

# The currencies an endpoint can be in, by its type and, but for cards, its subtype.
CARD_CURRENCIES = ("RUB", "USD", "EUR", "KZT")
WALLET_CURRENCIES: dict[int, Sequence[str]] = {
    wallets.QIWI: ("RUB", "USD", "EUR", "KZT"),
    wallets.WEBMONEY: ("USD", "EUR", "RUB", "KZT"),
}
ACCOUNT_CURRENCIES: dict[int, Sequence[str]] = {
    bank_accounts.SEPA: ("EUR",),
    bank_accounts.SWIFT: ("USD", "EUR", "KZT"),
    bank_accounts.RUSSIAN: ("RUB",),
}
LONGEST_BANK_NAME = 140
ADDRESS_PARTS = {"street": 70, "postcode": 16, "town": 35}  # and how long ISO 20022 lets them be

Typed = Mapping[str, str]  # field -> what was typed in it


class CheckedCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card that passed every check here; whether it lives, only its bank knows."""

    number: cards.CardNumber
    expires: str  # MM/YY
    holder: str
    country: str  # of the bank that issued it
    currency: str
    auto_pay: bool


class NewEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint ready to be kept. Of a card's number only the mask and the processor's token are left."""

    type: int
    subtype: int
    currency: str
    number: str
    holder: str = ""
    expires: str | None = None
    country: str | None = None
    bank: dict[str, str] = {}
    processor_token: str | None = None
    auto_pay: bool = False


class Problems:
    """Collects refusals: `with problems: …` notes one and goes on; `raise_all` refuses if there is any."""

    def __init__(self) -> None:
        self.refusals: list[Refused] = []

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if isinstance(error, Refused):
            self.refusals.append(error)
            return True
        return False

    def raise_all(self) -> None:
        if self.refusals:
            raise EndpointRefused(self.refusals)


def check_card(typed: Typed, *, countries: Collection[str], today: date) -> CheckedCard:
    """Number (Luhn), expiry in the future, holder as embossed, the issuing bank's country, the card's currency.

    Refuses: EndpointRefused with everything that is wrong.
    """
    problems = Problems()
    with problems:
        number = cards.read_card_number(typed.get("number", ""))
    with problems:
        expires = cards.read_expiry(typed.get("expires", ""), today=today)
    with problems:
        holder = cards.read_embossed_name(typed.get("holder", ""))
    with problems:
        country = typed.get("country", "")
        if country not in countries:
            raise Refused("card_country_unknown", "country")
    with problems:
        currency = read_currency(typed, CARD_CURRENCIES)
    problems.raise_all()
    return CheckedCard(
        number=number,
        expires=expires,
        holder=holder,
        country=country,
        currency=currency,
        auto_pay=is_ticked(typed, "auto_pay"),
    )


def card_endpoint(card: CheckedCard, *, processor_token: str) -> NewEndpoint:
    return NewEndpoint(
        type=CARD,
        subtype=card.number.brand,
        currency=card.currency,
        number=card.number.masked,
        holder=card.holder,
        expires=card.expires,
        country=card.country,
        processor_token=processor_token,
        auto_pay=card.auto_pay,
    )


def check_bank_account(typed: Typed, *, kind: int, countries: Collection[str]) -> NewEndpoint:
    """A SEPA account by its IBAN; a SWIFT one with its bank's BIC and its holder's address, which banks outside of
    SEPA ask for; a Russian one checked against its bank's BIK.

    Refuses: EndpointRefused with everything that is wrong.
    """
    problems = Problems()
    bank: dict[str, str] = {}
    number, country = "", None
    if kind == bank_accounts.RUSSIAN:
        country = "RU"
        with problems:
            bank["bik"] = bank_accounts.read_bik(typed.get("bik", ""))
        if "bik" in bank:  # both accounts are checked against it
            with problems:
                number = bank_accounts.read_russian_account(typed.get("number", ""), bik=bank["bik"])
            with problems:
                bank["correspondent_account"] = bank_accounts.read_correspondent_account(
                    typed.get("correspondent_account", ""), bik=bank["bik"]
                )
    elif kind == bank_accounts.SWIFT:
        with problems:
            number = bank_accounts.read_swift_account(typed.get("number", ""))
        with problems:
            bic = bank_accounts.read_bic(typed.get("bic", ""))
            bank["bic"], country = str(bic), bic.country_code
        bank |= read_address(typed, problems, countries=countries)
    else:
        with problems:
            iban = bank_accounts.read_iban(typed.get("number", ""), sepa=True)
            number, country = str(iban), iban.country_code
            if iban.bic is not None:
                bank["bic"] = str(iban.bic)
    with problems:
        bank |= read_bank_name(typed)
    with problems:
        holder = bank_accounts.read_holder(typed.get("holder", ""), latin=kind != bank_accounts.RUSSIAN)
    with problems:
        currency = read_currency(typed, ACCOUNT_CURRENCIES[kind])
    problems.raise_all()
    return NewEndpoint(
        type=BANK_ACCOUNT,
        subtype=kind,
        currency=currency,
        number=number,
        holder=holder,
        country=country,
        bank=bank,
        auto_pay=is_ticked(typed, "auto_pay"),
    )


def check_wallet(typed: Typed, *, kind: int) -> NewEndpoint:
    """A QIWI wallet by its phone number, or a WebMoney purse, whose letter says its currency.

    Refuses: EndpointRefused with everything that is wrong.
    """
    problems = Problems()
    with problems:
        currency = read_currency(typed, WALLET_CURRENCIES[kind])
    with problems:
        if kind == wallets.QIWI:
            number = wallets.read_qiwi_wallet(typed.get("number", ""))
        else:
            number = wallets.read_purse(typed.get("number", ""))
            held = wallets.PURSE_CURRENCIES[number[0]]
            if not problems.refusals and held != currency:
                raise Refused("purse_of_another_currency", "currency", currency=held)
    problems.raise_all()
    return NewEndpoint(
        type=WALLET, subtype=kind, currency=currency, number=number, auto_pay=is_ticked(typed, "auto_pay")
    )


def read_currency(typed: Typed, allowed: Sequence[str]) -> str:
    """Where one currency is possible it need not be chosen."""
    currency = typed.get("currency", "") or (allowed[0] if len(allowed) == 1 else "")
    if currency not in allowed:
        raise Refused("endpoint_currency_wrong", "currency", allowed=", ".join(allowed))
    return currency


def read_bank_name(typed: Typed) -> dict[str, str]:
    name = " ".join(typed.get("bank_name", "").split())
    if len(name) > LONGEST_BANK_NAME:
        raise Refused("bank_name_too_long", "bank_name", longest=LONGEST_BANK_NAME)
    return {"name": name} if name else {}


def read_address(typed: Typed, problems: Problems, *, countries: Collection[str]) -> dict[str, str]:
    """The holder's address in the parts that payment messages have for it; town and country have to be there.

    Notes: address_too_long, address_required, country_unknown.
    """
    address: dict[str, str] = {}
    for part, longest in ADDRESS_PARTS.items():
        with problems:
            text = " ".join(typed.get(part, "").split())
            if len(text) > longest:
                raise Refused("address_too_long", part, longest=longest)
            if part == "town" and not text:
                raise Refused("address_required", part)
            if text:
                address[part] = text
    with problems:
        if typed.get("country", "") not in countries:
            raise Refused("country_unknown", "country")
        address["country"] = typed["country"]
    return address


def is_ticked(typed: Typed, field: str) -> bool:
    return typed.get(field, "") in {"1", "on", "true"}
