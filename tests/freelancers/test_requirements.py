"""What keeps a freelancer from starting work, and what takes each thing out of the way."""

import uuid
from datetime import date, datetime, timedelta

import pytest

from artel.companies.access import Member
from artel.db.pool import Connection
from artel.errors import NotFound
from artel.freelancers import papers, rules
from artel.freelancers.errors import (
    AgreementRequired,
    AgreementSuperseded,
    CountryUnknown,
    ProfileNotCompleted,
    RegistrationNumberInvalid,
    TaxDocumentUnknown,
    TaxNumberInvalid,
    VatNumberInvalid,
    VerificationRequired,
)
from artel.freelancers.papers import Agreement, TaxInfo
from artel.freelancers.requirements import age_years, require_ready_for_work, requirements
from artel.people import profiles
from artel.people.profiles import Profile
from tests.freelancers.test_rules import ANNA, invite

OFFER = Agreement(title_ru="Договор", title_en="Agreement", text_ru="Текст", text_en="Text")
INN = TaxInfo(residence_country="RU", type="INN", tax_number="709849850606")


async def publish(conn: Connection, now: datetime) -> uuid.UUID:
    async with conn.transaction():
        return await papers.publish_agreement(conn, OFFER, actor_id=None, now=now)


async def missing(conn: Connection, freelancer_id: int, now: datetime, task_id: int | None = None) -> dict[str, object]:
    return {r.name: r.facts for r in await requirements(conn, freelancer_id, task_id=task_id, now=now)}


@pytest.fixture
async def anna(conn: Connection, owner: Member, now: datetime) -> int:
    return (await invite(conn, owner, now)).freelancer_id


async def test_all_is_missing_then_nothing(conn: Connection, owner: Member, anna: int, now: datetime) -> None:
    template = await publish(conn, now)
    assert await missing(conn, anna, now) == {
        "verification": {},
        "agreement_required": {"template_uuid": template, "code": "not_signed"},
        "profile_not_completed": {
            "fields": [
                "first_name",
                "last_name",
                "birth_date",
                "citizenship",
                "country",
                "city",
                "address",
                "postal_code",
            ]
        },
        "tax_info_required": {"country": None, "birth_country_allowed": True},
    }
    with pytest.raises(AgreementRequired):
        await require_ready_for_work(conn, anna, task_id=None, now=now)
    await papers.sign_agreement(
        conn, anna, template_uuid=template, actor_id=owner.person_id, company_id=owner.company_id, now=now
    )
    with pytest.raises(VerificationRequired):
        await require_ready_for_work(conn, anna, task_id=None, now=now)
    await rules.verify_freelancer(conn, anna, actor_id=None, now=now)
    with pytest.raises(ProfileNotCompleted):
        await require_ready_for_work(conn, anna, task_id=None, now=now)
    await profiles.fill_profile(conn, anna, ANNA)
    assert list(await missing(conn, anna, now)) == ["tax_info_required"]
    await papers.save_tax_info(conn, anna, INN, actor_id=anna, now=now)
    assert await missing(conn, anna, now) == {}
    await require_ready_for_work(conn, anna, task_id=None, now=now)


async def test_a_new_agreement_is_to_be_signed_again(conn: Connection, anna: int, now: datetime) -> None:
    old = await publish(conn, now)
    for _ in range(2):
        await papers.sign_agreement(conn, anna, template_uuid=old, actor_id=anna, now=now)
    assert "agreement_required" not in await missing(conn, anna, now)
    new = await publish(conn, now)
    found = await missing(conn, anna, now)
    assert found["agreement_required"] == {"template_uuid": new, "code": "forced_update"}
    with pytest.raises(AgreementSuperseded):
        await papers.sign_agreement(conn, anna, template_uuid=old, actor_id=anna, now=now)
    with pytest.raises(NotFound):
        await papers.sign_agreement(conn, anna, template_uuid=uuid.uuid4(), actor_id=anna, now=now)


async def test_the_country_of_birth_stands_in_where_no_tax_document_is_mandatory(
    conn: Connection, anna: int, now: datetime
) -> None:
    for country, needed in (("RU", True), ("AU", False), ("JP", False)):
        await profiles.fill_profile(conn, anna, Profile(country=country, birth_country="JP"))
        assert ("tax_info_required" in await missing(conn, anna, now)) is needed
    await profiles.fill_profile(conn, anna, Profile(country="AU"))
    assert (await missing(conn, anna, now))["tax_info_required"] == {"country": "AU", "birth_country_allowed": True}


@pytest.mark.parametrize(
    ("info", "refusal"),
    [
        (TaxInfo(residence_country="XX", type="INN", tax_number="709849850606"), CountryUnknown),
        (TaxInfo(residence_country="RU", type="TFN", tax_number="709849850606"), TaxDocumentUnknown),
        (TaxInfo(residence_country="RU", type="INN", tax_number="709849850607"), TaxNumberInvalid),
        (TaxInfo(residence_country="RU", type="INN", tax_number="70984985060"), TaxNumberInvalid),
        (TaxInfo(residence_country="RU", type="INN", tax_number="709849850606", vat_number="DE1"), VatNumberInvalid),
        (
            TaxInfo(residence_country="RU", type="INN", tax_number="709849850606", registration_number="31577"),
            RegistrationNumberInvalid,
        ),
    ],
)
async def test_tax_data_that_cannot_be(
    conn: Connection, anna: int, now: datetime, info: TaxInfo, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        await papers.save_tax_info(conn, anna, info, actor_id=anna, now=now)


async def test_somebody_under_age(conn: Connection, anna: int, now: datetime) -> None:
    born = date(now.year - 18, now.month, 1) + timedelta(days=40)
    await profiles.fill_profile(conn, anna, Profile(birth_date=born))
    assert (await missing(conn, anna, now))["age_restriction"] == {"minimum_age": 18}
    await profiles.fill_profile(conn, anna, Profile(birth_date=date(now.year - 18, 1, 1)))
    assert "age_restriction" not in await missing(conn, anna, now)


def test_birthdays() -> None:
    assert age_years(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age_years(date(2008, 2, 29), date(2026, 3, 1)) == 18
    assert age_years(date(2008, 11, 21), date(2026, 11, 21)) == 18


async def test_a_stranger(conn: Connection, owner: Member, now: datetime) -> None:
    with pytest.raises(NotFound):
        await requirements(conn, owner.person_id, task_id=None, now=now)
