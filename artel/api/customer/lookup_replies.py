"""Shapes of the lookups' replies, and rows rendered into them.

`title` is Russian and `titleEn` English in every list, as in the documents; only titles that come alone (taxation
statuses, tax documents) are in the caller's language.
"""

import msgspec

from artel.api.customer.replies import CURRENCIES, Currency, number
from artel.exchange.queries import QuotedRate
from artel.lookups import queries


class CurrencyIds(msgspec.Struct):
    RUB: int
    USD: int
    EUR: int


class ExchangeRate(msgspec.Struct):
    base: Currency
    target: Currency
    rate: float


class DeadlineTypes(msgspec.Struct):
    SOFT: int
    HARD: int


class TaxationStatuses(msgspec.Struct):
    NATURAL: int
    NATURAL_TITLE: str
    SELF_EMPLOYED: int
    SELF_EMPLOYED_TITLE: str
    SOLE_PROPRIETOR: int
    SOLE_PROPRIETOR_TITLE: str


TAXATION_STATUSES = {
    "EN": TaxationStatuses(1, "Natural person", 3, "Self employed person", 4, "Individual entrepreneur"),
    "RU": TaxationStatuses(1, "Физическое лицо", 3, "Самозанятый", 4, "Индивидуальный предприниматель"),
}


class Titled(msgspec.Struct, rename="camel"):
    id: int
    title: str
    title_en: str


class TitledList(msgspec.Struct):
    items: list[Titled]


class AskedAttribute(msgspec.Struct, rename="camel"):
    id: int
    is_mandatory: bool


class Service(msgspec.Struct, rename="camel"):
    id: int
    title: str
    title_en: str
    title_doc: str
    title_doc_en: str
    is_advertising: bool
    attributes: list[AskedAttribute]


class Option(msgspec.Struct, rename="camel"):
    id: int
    value: str
    value_en: str


class ServiceAttribute(msgspec.Struct, rename="camel", omit_defaults=True):
    """`options` where there is something to choose from, `isMandatory` where one service is asked about."""

    id: int
    title: str
    title_en: str
    type: str
    attr_type_id: int
    is_mandatory: bool | msgspec.UnsetType = msgspec.UNSET
    options: list[Option] | msgspec.UnsetType = msgspec.UNSET


class AcceptanceFile(msgspec.Struct, rename="camel"):
    id: int
    file_id: int
    title: str
    title_en: str


class AcceptanceFileList(msgspec.Struct):
    items: list[AcceptanceFile]


class Country(msgspec.Struct, rename="camel"):
    id: int
    code: str
    alpha3: str
    title: str
    title_en: str


class CountryList(msgspec.Struct):
    items: list[Country]


class TaxDocumentType(msgspec.Struct, rename="camel"):
    country: str
    type: str
    regexp: str
    type_title: str
    is_mandatory: bool


def render_titled(row: queries.TitledRow) -> Titled:
    return Titled(row.id, row.title_ru, row.title_en)


def render_service(row: queries.ServiceRow) -> Service:
    asked = [AskedAttribute(*pair) for pair in zip(row.attribute_ids, row.mandatory, strict=True)]
    return Service(row.id, row.title_ru, row.title_en, row.title_doc_ru, row.title_doc_en, row.is_advertising, asked)


def render_attribute(row: queries.AttributeRow) -> ServiceAttribute:
    options = [Option(*choice) for choice in zip(row.option_ids, row.options_ru, row.options_en, strict=True)]
    return ServiceAttribute(
        row.id,
        row.title_ru,
        row.title_en,
        row.type,
        row.type_id,
        msgspec.UNSET if row.is_mandatory is None else row.is_mandatory,
        options or msgspec.UNSET,
    )


def render_rate(row: QuotedRate) -> ExchangeRate:
    return ExchangeRate(CURRENCIES[row.base], CURRENCIES[row.target], number(row.rate))


def render_acceptance_file(row: queries.AcceptanceFileRow) -> AcceptanceFile:
    return AcceptanceFile(row.id, row.file_id, row.title_ru, row.title_en)


def render_country(row: queries.CountryRow) -> Country:
    """`id` is the number that the country has in OKSM and in ISO 3166-1."""
    return Country(row.oksm, row.code, row.alpha3, row.title_ru, row.title_en)


def render_oksm_code(row: queries.CountryRow) -> Titled:
    return Titled(row.oksm, row.title_ru, row.title_en)


def render_tax_document_type(row: queries.TaxDocumentTypeRow, *, language: str) -> TaxDocumentType:
    title = row.title_ru if language == "RU" else row.title_en
    return TaxDocumentType(row.country, row.type, row.regexp, title, row.is_mandatory)
