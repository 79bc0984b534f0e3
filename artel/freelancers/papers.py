"""What a freelancer signs and declares: the agreement and tax data."""

import uuid
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound
from artel.freelancers.errors import (
    AgreementSuperseded,
    CountryUnknown,
    RegistrationNumberInvalid,
    TaxDocumentUnknown,
    TaxNumberInvalid,
    VatNumberInvalid,
)
from artel.freelancers.profile import known_countries
from artel.freelancers.tax_numbers import is_eu_vat_number, is_registration_number, is_tax_number
from artel.operations import audit


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the offer agreement. Plain texts: an empty line between paragraphs, "# " before a heading."""

    title_ru: str
    title_en: str
    text_ru: str
    text_en: str


async def publish_agreement(
    conn: Connection, agreement: Agreement, *, actor_id: int | None, now: datetime
) -> uuid.UUID:
    """Put a new version in force. Everybody has to sign it before their next task."""
    # Two publishers at once would take the same number.
    await conn.execute("LOCK TABLE agreement_template IN SHARE ROW EXCLUSIVE MODE")
    row = await fetch_one(
        conn,
        _Template,
        """
        INSERT INTO agreement_template (version, title_ru, title_en, text_ru, text_en, published_at)
        SELECT coalesce(max(version), 0) + 1, %(title_ru)s, %(title_en)s, %(text_ru)s, %(text_en)s, %(now)s
        FROM agreement_template
        RETURNING id, uuid, true AS is_newest
        """,
        {**msgspec.structs.asdict(agreement), "now": now},
    )
    if row is None:
        raise LookupError("a row just written is not there")
    await audit.record(
        conn,
        "agreement.published",
        subject="agreement",
        subject_id=row.id,
        actor_id=actor_id,
        company_id=None,
        now=now,
    )
    return row.uuid


class AgreementRow(msgspec.Struct, frozen=True):
    uuid: uuid.UUID
    version: int
    title_ru: str
    title_en: str
    text_ru: str
    text_en: str
    published_at: datetime


async def newest_agreement(conn: Connection) -> AgreementRow | None:
    """The version in force; None where none has been published."""
    return await fetch_one(
        conn,
        AgreementRow,
        """
        SELECT uuid, version, title_ru, title_en, text_ru, text_en, published_at
        FROM agreement_template
        ORDER BY version DESC
        LIMIT 1
        """,
    )


async def published_agreement(conn: Connection, agreement_uuid: uuid.UUID) -> AgreementRow:
    """Any version, for reading: they are public. Refuses: NotFound."""
    row = await fetch_one(
        conn,
        AgreementRow,
        """
        SELECT uuid, version, title_ru, title_en, text_ru, text_en, published_at
        FROM agreement_template
        WHERE uuid = %(uuid)s
        """,
        {"uuid": agreement_uuid},
    )
    if row is None:
        raise NotFound("agreement")
    return row


class _Template(msgspec.Struct):
    id: int
    uuid: uuid.UUID
    is_newest: bool


async def sign_agreement(
    conn: Connection,
    freelancer_id: int,
    *,
    template_uuid: uuid.UUID,
    actor_id: int | None,
    company_id: int | None = None,
    address: str | None = None,
    now: datetime,
) -> None:
    """Sign the newest agreement, as the freelancer or (with `company_id`) as a member acting on behalf. Again is fine.

    Who signed, for which company, when and from which network `address` stays with the signature.

    Refuses: NotFound for an unknown agreement, AgreementSuperseded for an old one.
    Source: M "Принятие предложения о соглашении".
    """
    template = await fetch_one(
        conn,
        _Template,
        """
        SELECT t.id, t.uuid, NOT EXISTS (SELECT FROM agreement_template AS n WHERE n.version > t.version) AS is_newest
        FROM agreement_template AS t
        WHERE t.uuid = %(uuid)s
        """,
        {"uuid": template_uuid},
    )
    if template is None:
        raise NotFound("agreement", "template_uuid")
    if not template.is_newest:
        raise AgreementSuperseded
    signed = await conn.execute(
        """
        INSERT INTO agreement_signature (person_id, template_id, signed_at, signed_by, company_id, address)
        VALUES (%(freelancer)s, %(template)s, %(now)s, %(actor)s, %(company)s, %(address)s)
        ON CONFLICT (person_id, template_id) DO NOTHING
        """,
        {
            "freelancer": freelancer_id,
            "template": template.id,
            "now": now,
            "actor": freelancer_id if actor_id is None else actor_id,
            "company": company_id,
            "address": address,
        },
    )
    if signed.rowcount == 1:
        await audit.record(
            conn,
            "agreement.signed",
            subject="freelancer",
            subject_id=freelancer_id,
            actor_id=actor_id,
            company_id=company_id,
            now=now,
            template=template.id,
        )


class TaxInfo(msgspec.Struct, frozen=True, kw_only=True):
    """What a tax office knows the freelancer by. `type` is one of the country's tax document types."""

    residence_country: str
    type: str
    tax_number: str
    vat_number: str | None = None
    registration_number: str | None = None


async def save_tax_info(
    conn: Connection,
    freelancer_id: int,
    tax_info: TaxInfo,
    *,
    actor_id: int | None,
    company_id: int | None = None,
    now: datetime,
) -> None:
    """Write the freelancer's tax data, replacing what was there.

    Refuses: what `check_tax_info` refuses.
    Source: M "Добавление идентификационного номера налогоплательщика фрилансера".
    """
    checked = await check_tax_info(conn, tax_info)
    await conn.execute(
        """
        INSERT INTO tax_info (
            person_id, residence_country, type, tax_number, vat_number, registration_number, updated_at
        )
        VALUES (
            %(freelancer)s, %(residence_country)s, %(type)s, %(tax_number)s, %(vat_number)s,
            %(registration_number)s, %(now)s
        )
        ON CONFLICT (person_id) DO UPDATE
        SET residence_country = excluded.residence_country, type = excluded.type, tax_number = excluded.tax_number,
            vat_number = excluded.vat_number, registration_number = excluded.registration_number,
            updated_at = excluded.updated_at
        """,
        {**msgspec.structs.asdict(checked), "freelancer": freelancer_id, "now": now},
    )
    await audit.record(
        conn,
        "freelancer.tax_info_saved",
        subject="freelancer",
        subject_id=freelancer_id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        country=checked.residence_country,
        type=checked.type,
    )


async def check_tax_info(conn: Connection, given: TaxInfo) -> TaxInfo:
    """The data without spaces around them.

    Refuses: CountryUnknown, TaxDocumentUnknown, TaxNumberInvalid, VatNumberInvalid, RegistrationNumberInvalid.
    """
    info = TaxInfo(
        residence_country=given.residence_country.strip(),
        type=given.type.strip(),
        tax_number=given.tax_number.strip(),
        vat_number=(given.vat_number or "").strip() or None,
        registration_number=(given.registration_number or "").strip() or None,
    )
    if not await known_countries(conn, {info.residence_country}):
        raise CountryUnknown("tax_residence_country")
    if "\0" in info.type:  # which PostgreSQL's text cannot hold
        raise TaxDocumentUnknown
    pattern = await fetch_value(
        conn,
        """
        SELECT regexp
        FROM tax_document_type
        WHERE country = %(country)s AND type = %(type)s AND is_active
        """,
        {"country": info.residence_country, "type": info.type},
    )
    if pattern is None:
        raise TaxDocumentUnknown
    if not is_tax_number(info.residence_country, info.type, pattern, info.tax_number):
        raise TaxNumberInvalid
    if info.vat_number and not is_eu_vat_number(info.vat_number):
        raise VatNumberInvalid
    if info.registration_number and not is_registration_number(info.residence_country, info.registration_number):
        raise RegistrationNumberInvalid
    return info
