"""The registration form: what it offers, what it was sent, and back."""

import uuid
from datetime import date, datetime
from typing import Any

import msgspec

from artel.api.context import Connection as Request
from artel.db.pool import Connection
from artel.freelancers.invitations import InvitationRow
from artel.freelancers.papers import AgreementRow, TaxInfo, newest_agreement
from artel.freelancers.profile import read_phone
from artel.freelancers.registration import Registration
from artel.lookups import queries as lookups
from artel.pages.forms import Form, same, sign
from artel.people.profiles import Profile

# What keeps a chosen password while the rest of the form is corrected.
KEPT_LIFETIME_S = 3600
UNREADABLE_DATE = date(1, 1, 1)  # refused as a birth date, as it should be


class Offered(msgspec.Struct, frozen=True):
    """What there is to choose from, and the agreement to read."""

    countries: list[tuple[str, str]]
    documents: list[tuple[str, str, list[tuple[str, str]]]]  # country, its title, (value, title) of each document
    agreement: AgreementRow | None


async def load_offered(conn: Connection, language: str) -> Offered:
    title = "title_ru" if language == "RU" else "title_en"
    countries = sorted(
        ((row.code, getattr(row, title)) for row in await lookups.countries(conn)), key=lambda c: c[1].casefold()
    )
    names = dict(countries)
    documents: dict[str, list[tuple[str, str]]] = {}
    for row in await lookups.tax_document_types(conn, country=None):
        if row.country in names:
            documents.setdefault(row.country, []).append((f"{row.country}|{row.type}", getattr(row, title)))
    groups = [(code, names[code], documents[code]) for code in names if code in documents]
    return Offered(countries, groups, await newest_agreement(conn))


def first_values(invitation: InvitationRow) -> Form:
    """What is known already, told by the company that invited first, for the person to confirm or correct."""
    values = {name: str(value or "") for name, value in msgspec.structs.asdict(invitation.profile).items()}
    values["phone"] = f"+{invitation.phone}" if invitation.phone else ""
    values["tax_country"] = values["country"]
    return values


def read_registration(form: Form, *, password_hash: str | None, language: str) -> Registration:
    """The form as the rules take it. What cannot be read becomes what they refuse."""
    given: dict[str, Any] = {name: form.get(name, "") for name in Profile.__struct_fields__}
    given["birth_date"] = read_date(given["birth_date"])
    given["phone"] = read_phone(given["phone"], given["country"] or None) or given["phone"]
    for name in ("birth_country", "citizenship", "country", "state", "city", "address", "postal_code"):
        given[name] = given[name] or None
    return Registration(
        profile=Profile(**given),
        password_hash=password_hash,
        language=language,
        agreement_uuid=read_uuid(form.get("agreement_uuid", "")) if form.get("agreement") else None,
        tax_info=read_tax_info(form),
    )


def read_tax_info(form: Form) -> TaxInfo | None:
    """None where no number was given. The document's country is the tax office's."""
    if not form.get("tax_number"):
        return None
    country, _, document = form.get("tax_document", "").partition("|")
    return TaxInfo(
        residence_country=country or form.get("tax_country") or form.get("country", ""),
        type=document,
        tax_number=form["tax_number"],
        vat_number=form.get("vat_number") or None,
    )


def read_date(given: str) -> date | None:
    """As browsers send dates, or as people write them where the browser has no date field."""
    if not given:
        return None
    for pattern in ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y"):
        try:
            return datetime.strptime(given, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return UNREADABLE_DATE


def read_uuid(given: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(given)
    except ValueError:
        return None


def keep_password(request: Request, person_id: int, password_hash: str, *, now: datetime) -> str:
    """The chosen password's hash, signed for this person and an hour: the form carries it, never the password."""
    until = int(now.timestamp()) + KEPT_LIFETIME_S
    return f"{until}.{sign(request, 'kept password', str(person_id), str(until), password_hash)}.{password_hash}"


def kept_password(request: Request, person_id: int, kept: str, *, now: datetime) -> str | None:
    """The hash that `keep_password` signed, while it is good."""
    until, _, rest = kept.partition(".")
    _, _, password_hash = rest.partition(".")
    if not (until.isascii() and until.isdecimal()) or int(until) < now.timestamp():
        return None
    signature = sign(request, "kept password", str(person_id), until, password_hash)
    return password_hash if same(f"{until}.{signature}.{password_hash}", kept) else None
