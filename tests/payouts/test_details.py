"""What a freelancer may type for a card, an account or a wallet, and what each wrong field is told."""

from datetime import date

import pytest

from artel.errors import Refused
from artel.payouts import bank_accounts, cards, wallets
from artel.payouts.details import (
    Typed,
    card_endpoint,
    check_bank_account,
    check_card,
    check_wallet,
)
from artel.payouts.errors import EndpointRefused

TODAY = date(2026, 3, 31)
COUNTRIES = {"DE", "RU", "KZ"}
ADDRESS = {"street": "Abai 1", "postcode": "050000", "town": "Almaty", "country": "KZ"}
CARD = {
    "number": "5213 2400 0000 0004",
    "expires": "03/26",
    "holder": "Dina Boom",
    "country": "RU",
    "currency": "EUR",
    "auto_pay": "1",
}
RUSSIAN_ACCOUNT = {
    "bik": "049805746",
    "number": "40602810700000000025",
    "correspondent_account": "30101810800000000746",
    "holder": "Дина Бум",
}


def complaints(refused: pytest.ExceptionInfo[EndpointRefused]) -> dict[str | None, str]:
    return {refusal.field: refusal.code for refusal in refused.value.refusals}


def test_a_card() -> None:
    card = check_card(CARD, countries=COUNTRIES, today=TODAY)
    endpoint = card_endpoint(card, processor_token="token")
    assert (endpoint.type, endpoint.subtype, endpoint.number) == (1, 2, "5213 24** **** 0004")
    assert (endpoint.holder, endpoint.expires, endpoint.country) == ("DINA BOOM", "03/26", "RU")
    assert (endpoint.currency, endpoint.auto_pay, endpoint.processor_token) == ("EUR", True, "token")


def test_a_cards_number_prints_masked() -> None:
    card = check_card(CARD, countries=COUNTRIES, today=TODAY)
    assert card.number.reveal() == "5213240000000004"
    for printed in (repr(card), str(card), f"{card.number}", repr(card_endpoint(card, processor_token="t"))):
        assert "5213 24** **** 0004" in printed
        assert "5213240000000004" not in printed.replace(" ", "")


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4111111111111111", cards.VISA),
        ("5555555555554444", cards.MASTERCARD),
        ("2221000000000009", cards.MASTERCARD),
        ("2720990000000007", cards.MASTERCARD),
        ("2200000000000004", cards.MIR),
        ("2204999999999991", cards.MIR),
        ("6759649826438453", cards.MAESTRO),
        ("5018000000000009", cards.MAESTRO),
        ("6200000000000005", cards.UNKNOWN_BRAND),
        ("6011000000000004", cards.UNKNOWN_BRAND),
        ("378282246310005", cards.UNKNOWN_BRAND),
        ("3530111333300000", cards.UNKNOWN_BRAND),
        ("2205000000000009", cards.UNKNOWN_BRAND),
        ("2721000000000004", cards.UNKNOWN_BRAND),
    ],
)
def test_brands(number: str, brand: int) -> None:
    assert cards.read_card_number(number).brand == brand


@pytest.mark.parametrize(
    ("digits", "masked"),
    [
        ("378282246310005", "3782 82** ***0 005"),
        ("4222222222222", "4222 22** *222 2"),
        ("6304000000000000000", "6304 00** **** ***0 000"),
    ],
)
def test_masks_of_other_lengths(digits: str, masked: str) -> None:
    assert cards.read_card_number(digits).masked == masked


@pytest.mark.parametrize("number", ["", "5213240000000001", "4111", "411111111111111x", "0" * 16, "4" * 20, "४१११"])
def test_numbers_that_are_no_cards(number: str) -> None:
    with pytest.raises(Refused) as refused:
        cards.read_card_number(number)
    assert (refused.value.code, refused.value.field) == ("card_number_wrong", "number")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("02/26", "card_expired"),
        ("12/25", "card_expired"),
        ("13/27", "card_expiry_wrong"),
        ("00/27", "card_expiry_wrong"),
        ("3/27", "card_expiry_wrong"),
        ("", "card_expiry_wrong"),
        ("03/47", "card_expiry_wrong"),
    ],
)
def test_expiries_refused(typed: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        cards.read_expiry(typed, today=TODAY)
    assert (refused.value.code, refused.value.field) == (code, "expires")


@pytest.mark.parametrize("typed", ["03/26", " 03 / 26 ", "03/2026"])
def test_a_card_is_good_through_its_last_day(typed: str) -> None:
    assert cards.read_expiry(typed, today=TODAY) == "03/26"
    assert cards.is_expired("03/26", today=date(2026, 4, 1))


def test_every_wrong_field_of_a_card_is_named() -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_card({"holder": "Дина", "country": "XX", "currency": "BTC"}, countries=COUNTRIES, today=TODAY)
    assert complaints(refused) == {
        "number": "card_number_wrong",
        "expires": "card_expiry_wrong",
        "holder": "card_holder_wrong",
        "country": "card_country_unknown",
        "currency": "endpoint_currency_wrong",
    }


def test_control_keys_of_the_bank_of_russias_examples() -> None:
    """The worked examples of N 515: a correspondent account and a client's account."""
    assert bank_accounts.control_key_fits("30101810800000000746", bank="005")
    assert bank_accounts.control_key_fits("40602810700000000025", bank="746")


@pytest.mark.parametrize("key", "0123456789")
def test_one_control_key_fits(key: str) -> None:
    fits = bank_accounts.control_key_fits(f"40602810{key}00000000025", bank="746")
    assert fits == (key == "7")


def test_a_russian_account() -> None:
    endpoint = check_bank_account({**RUSSIAN_ACCOUNT, "bank_name": " Bank  of  Examples "}, kind=6, countries=COUNTRIES)
    assert (endpoint.type, endpoint.subtype, endpoint.currency) == (6, 6, "RUB")
    assert (endpoint.number, endpoint.holder, endpoint.country) == ("40602810700000000025", "Дина Бум", "RU")
    assert endpoint.bank == {
        "bik": "049805746",
        "correspondent_account": "30101810800000000746",
        "name": "Bank of Examples",
    }


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"bik": "049805000"}, {"bik": "bik_wrong"}),
        ({"bik": "12345678"}, {"bik": "bik_wrong"}),
        ({"number": "40602810800000000025"}, {"number": "account_key_wrong"}),
        ({"number": "4060281070000000002"}, {"number": "account_number_wrong"}),
        ({"number": "40602840700000000025"}, {"number": "account_not_in_roubles"}),
        ({"number": "30101810800000000746"}, {"number": "account_number_wrong"}),
        ({"correspondent_account": "30101810700000000746"}, {"correspondent_account": "correspondent_account_wrong"}),
        ({"correspondent_account": "30101810800000000747"}, {"correspondent_account": "correspondent_account_wrong"}),
        ({"correspondent_account": ""}, {"correspondent_account": "correspondent_account_wrong"}),
        ({"holder": ""}, {"holder": "holder_required"}),
        ({"holder": "<script>"}, {"holder": "account_holder_wrong"}),
        ({"bank_name": "x" * 141}, {"bank_name": "bank_name_too_long"}),
        ({"currency": "USD"}, {"currency": "endpoint_currency_wrong"}),
    ],
)
def test_russian_accounts_refused(change: Typed, wrong: dict[str, str]) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_bank_account({**RUSSIAN_ACCOUNT, **change}, kind=6, countries=COUNTRIES)
    assert complaints(refused) == wrong


def test_a_sepa_account() -> None:
    endpoint = check_bank_account(
        {"number": "de89 3704 0044 0532 0130 00", "holder": "Dina Boom"}, kind=1, countries=COUNTRIES
    )
    assert (endpoint.number, endpoint.currency, endpoint.country) == ("DE89370400440532013000", "EUR", "DE")
    assert endpoint.bank == {"bic": "COBADEFFXXX"}


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("DE89370400440532013001", "iban_wrong"),
        ("DE8937040044053201300", "iban_wrong"),
        ("", "iban_wrong"),
        ("KZ86125KZT5004100100", "iban_not_sepa"),
    ],
)
def test_sepa_accounts_refused(number: str, code: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_bank_account({"number": number, "holder": "Dina Boom"}, kind=1, countries=COUNTRIES)
    assert complaints(refused) == {"number": code}


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize(
    ("holder", "wrong"),
    [("Zoë Łukasiewicz-O’Brien", {}), ("Дина Бум", {"holder": "account_holder_not_latin"})],
)
def test_banks_outside_russia_get_names_in_latin_letters(kind: int, holder: str, wrong: dict[str, str]) -> None:
    typed = {"number": "DE89370400440532013000", "bic": "COBADEFF", "currency": "EUR", "holder": holder} | ADDRESS
    if not wrong:
        assert check_bank_account(typed, kind=kind, countries=COUNTRIES).holder == holder
        return
    with pytest.raises(EndpointRefused) as refused:
        check_bank_account(typed, kind=kind, countries=COUNTRIES)
    assert complaints(refused) == wrong


@pytest.mark.parametrize("number", ["KZ86 125K ZT50 0410 0100", "0012345-678"])
def test_a_swift_account(number: str) -> None:
    typed = {"number": number, "holder": "Dina Boom", "bic": "nbrkkzkx", "currency": "USD"} | ADDRESS
    endpoint = check_bank_account(typed, kind=2, countries=COUNTRIES)
    assert endpoint.number == number.replace(" ", "").replace("-", "")
    assert (endpoint.currency, endpoint.country, endpoint.bank) == ("USD", "KZ", {"bic": "NBRKKZKX"} | ADDRESS)


def test_every_wrong_field_of_a_swift_account_is_named() -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_bank_account(
            {"number": "KZ00125KZT5004100100", "bic": "NBRK", "currency": ""}, kind=2, countries=COUNTRIES
        )
    assert complaints(refused) == {
        "number": "iban_wrong",
        "bic": "bic_wrong",
        "holder": "holder_required",
        "currency": "endpoint_currency_wrong",
        "town": "address_required",
        "country": "country_unknown",
    }


@pytest.mark.parametrize(("part", "longest"), [("street", 70), ("postcode", 16), ("town", 35)])
def test_an_address_fits_into_a_payment_message(part: str, longest: int) -> None:
    typed = {"number": "KZ86125KZT5004100100", "holder": "Dina Boom", "bic": "NBRKKZKX", "currency": "USD"} | ADDRESS
    assert check_bank_account({**typed, part: "x" * longest}, kind=2, countries=COUNTRIES).bank[part] == "x" * longest
    with pytest.raises(EndpointRefused) as refused:
        check_bank_account({**typed, part: "x" * (longest + 1)}, kind=2, countries=COUNTRIES)
    assert complaints(refused) == {part: "address_too_long"}


def test_a_qiwi_wallet() -> None:
    endpoint = check_wallet({"number": "+7 (916) 123-45-67", "currency": "RUB"}, kind=wallets.QIWI)
    assert (endpoint.type, endpoint.subtype, endpoint.number) == (2, 2, "79161234567")


@pytest.mark.parametrize("number", ["", "123", "+7 916", "79161234567x", "+999 12345678"])
def test_qiwi_wallets_refused(number: str) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_wallet({"number": number, "currency": "RUB"}, kind=wallets.QIWI)
    assert complaints(refused) == {"number": "wallet_phone_wrong"}


def test_a_webmoney_purse() -> None:
    endpoint = check_wallet({"number": "z 123456789012", "currency": "USD"}, kind=wallets.WEBMONEY)
    assert (endpoint.subtype, endpoint.number, endpoint.currency) == (3, "Z123456789012", "USD")


@pytest.mark.parametrize(
    ("number", "currency", "wrong"),
    [
        ("Z12345678901", "USD", {"number": "purse_wrong"}),
        ("123456789012", "USD", {"number": "purse_wrong"}),
        ("B123456789012", "USD", {"number": "purse_wrong"}),
        ("E123456789012", "USD", {"currency": "purse_of_another_currency"}),
        ("E123456789012", "", {"currency": "endpoint_currency_wrong"}),
    ],
)
def test_purses_refused(number: str, currency: str, wrong: dict[str, str]) -> None:
    with pytest.raises(EndpointRefused) as refused:
        check_wallet({"number": number, "currency": currency}, kind=wallets.WEBMONEY)
    assert complaints(refused) == wrong
