"""What a freelancer must have done before work can start."""

import uuid
from datetime import date, datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_one
from artel.errors import NotFound
from artel.freelancers.advertising_data import lacking_for_advertising
from artel.freelancers.errors import (
    AcceptanceFilesUnsigned,
    AdvertisingDataRequired,
    AgeRestricted,
    AgreementRequired,
    ProfileNotCompleted,
    RequirementMissing,
    TaxInfoRequired,
    VerificationRequired,
)

ADULT_AGE_YEARS = 18
# Without the region: most countries have none in their addresses.
PROFILE_FIELDS = (
    "first_name",
    "last_name",
    "birth_date",
    "citizenship",
    "country",
    "city",
    "address",
    "postal_code",
)
# In the order of the documents.
REFUSALS: dict[str, type[RequirementMissing]] = {
    "verification": VerificationRequired,
    "agreement_required": AgreementRequired,
    "profile_not_completed": ProfileNotCompleted,
    "tax_info_required": TaxInfoRequired,
    "acceptance_files": AcceptanceFilesUnsigned,
    "age_restriction": AgeRestricted,
    "advertising_data": AdvertisingDataRequired,
}


class Requirement(msgspec.Struct, frozen=True):
    """Something missing. `name` is a key of REFUSALS, `facts` what is needed to do it:

    agreement_required: template_uuid, code ("forced_update" where an earlier version was signed, else "not_signed");
    profile_not_completed: fields; tax_info_required: country, birth_country_allowed; acceptance_files: ids;
    age_restriction: minimum_age; advertising_data: fields, of inn, ogrnip and phone.
    """

    name: str
    facts: dict[str, object]


class _Facts(msgspec.Struct):
    is_verified: bool
    template_uuid: uuid.UUID | None
    is_signed: bool
    signed_before: bool
    first_name: str
    last_name: str
    birth_date: date | None
    birth_country: str | None
    citizenship: str | None
    country: str | None
    city: str | None
    address: str | None
    postal_code: str | None
    has_tax_info: bool
    tax_document_mandatory: bool
    unsigned_file_ids: list[int]


async def requirements(
    conn: Connection, freelancer_id: int, *, task_id: int | None, now: datetime
) -> list[Requirement]:
    """What the freelancer still lacks to start work, in the documents' order; nothing: []. With a task, its papers too.

    Source: M "Проверка на наличие проблем перед началом задачи", M "Требования к налоговым данным".
    """
    facts = await fetch_one(
        conn,
        _Facts,
        """
        SELECT
            f.verified_at IS NOT NULL AS is_verified,
            newest.uuid AS template_uuid,
            EXISTS (
                SELECT FROM agreement_signature AS s WHERE s.person_id = p.id AND s.template_id = newest.id
            ) AS is_signed,
            EXISTS (SELECT FROM agreement_signature AS s WHERE s.person_id = p.id) AS signed_before,
            p.first_name, p.last_name, p.birth_date, p.birth_country, p.citizenship, p.country, p.city, p.address,
            p.postal_code,
            EXISTS (SELECT FROM tax_info AS t WHERE t.person_id = p.id) AS has_tax_info,
            EXISTS (
                SELECT FROM tax_document_type AS d WHERE d.country = p.country AND d.is_mandatory AND d.is_active
            ) AS tax_document_mandatory,
            ARRAY(
                SELECT a.acceptance_file_id
                FROM task_acceptance_file AS a
                WHERE a.task_id = %(task)s AND a.signed_at IS NULL
                ORDER BY a.acceptance_file_id
            ) AS unsigned_file_ids
        FROM freelancer AS f
        JOIN person AS p ON p.id = f.person_id
        LEFT JOIN LATERAL (
            SELECT id, uuid FROM agreement_template ORDER BY version DESC LIMIT 1
        ) AS newest ON true
        WHERE f.person_id = %(freelancer)s
        """,
        {"freelancer": freelancer_id, "task": task_id},
    )
    if facts is None:
        raise NotFound("freelancer")
    missing = []
    if not facts.is_verified:
        missing.append(Requirement("verification", {}))
    if facts.template_uuid is not None and not facts.is_signed:
        code = "forced_update" if facts.signed_before else "not_signed"
        missing.append(Requirement("agreement_required", {"template_uuid": facts.template_uuid, "code": code}))
    if empty := [name for name in PROFILE_FIELDS if not getattr(facts, name)]:
        missing.append(Requirement("profile_not_completed", {"fields": empty}))
    if not facts.has_tax_info and (facts.tax_document_mandatory or not facts.birth_country):
        birth_country_allowed = not facts.tax_document_mandatory
        missing.append(
            Requirement("tax_info_required", {"country": facts.country, "birth_country_allowed": birth_country_allowed})
        )
    if facts.unsigned_file_ids:
        missing.append(Requirement("acceptance_files", {"ids": facts.unsigned_file_ids}))
    if facts.birth_date and age_years(facts.birth_date, now.date()) < ADULT_AGE_YEARS:
        missing.append(Requirement("age_restriction", {"minimum_age": ADULT_AGE_YEARS}))
    if task_id is not None and (fields := await lacking_for_advertising(conn, freelancer_id, task_id)):
        missing.append(Requirement("advertising_data", {"fields": fields}))
    return missing


async def require_ready_for_work(conn: Connection, freelancer_id: int, *, task_id: int | None, now: datetime) -> None:
    """Refuses with the first RequirementMissing of `requirements`, an unsigned agreement before all others."""
    missing = sort_by_refusal(await requirements(conn, freelancer_id, task_id=task_id, now=now))
    if missing:
        raise REFUSALS[missing[0].name]()  # type: ignore[call-arg]


def sort_by_refusal(missing: list[Requirement]) -> list[Requirement]:
    """In the order in which starting work is refused for them.

    The agreement goes first because its code is the one that the documents give, and clients act on it.
    """
    names = list(REFUSALS)
    return sorted(missing, key=lambda one: (one.name != "agreement_required", names.index(one.name)))


def age_years(birth_date: date, on: date) -> int:
    """Full years of age. Somebody born on 29 February gets older on 1 March of other years."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
