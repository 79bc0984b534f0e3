"""Everything a freelancer gives when registering, checked together so that a form can name all that is wrong."""

import uuid
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import Refused
from artel.freelancers.errors import AgreementNotAccepted, ProfileFieldMissing, TaxNumberOrBirthCountryMissing
from artel.freelancers.invitation_mail import PURPOSE
from artel.freelancers.papers import TaxInfo, check_tax_info, newest_agreement, save_tax_info, sign_agreement
from artel.freelancers.profile import clean_profile
from artel.freelancers.rules import register_freelancer
from artel.people.errors import PasswordTooShort
from artel.people.links import use_link
from artel.people.passwords import hash_password
from artel.people.profiles import Profile

# Somebody's earnings are behind it, so longer than what other accounts may begin with.
SHORTEST_PASSWORD = 10


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """`tax_info` is None for who gives a country of birth instead; `agreement_uuid` is what was ticked."""

    profile: Profile
    password_hash: str | None  # None for somebody who has a password and signed in with it
    language: str
    agreement_uuid: uuid.UUID | None
    tax_info: TaxInfo | None


async def hash_first_password(password: str) -> str:
    """Refuses: PasswordTooShort, PasswordTooLong."""
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort("password", SHORTEST_PASSWORD)
    return await hash_password(password)


async def registration_problems(conn: Connection, registration: Registration, *, now: datetime) -> list[Refused]:
    """Everything that is wrong, in the order of the form; nothing: [].

    Refusals: what `clean_profile` finds; AgreementNotAccepted where the newest agreement is not the one ticked; what
    `check_tax_info` refuses; ProfileFieldMissing for a tax number where the country demands one;
    TaxNumberOrBirthCountryMissing elsewhere, where neither is given.
    """
    profile, problems = await clean_profile(conn, registration.profile, today=now.date(), complete=True)
    newest = await newest_agreement(conn)
    if newest is not None and newest.uuid != registration.agreement_uuid:
        problems.append(AgreementNotAccepted())
    if registration.tax_info is not None:
        try:
            await check_tax_info(conn, registration.tax_info)
        except Refused as refusal:
            problems.append(refusal)
    elif await is_tax_number_mandatory(conn, profile.country):
        problems.append(ProfileFieldMissing("tax_number"))
    elif not profile.birth_country:
        problems.append(TaxNumberOrBirthCountryMissing())
    return problems


async def is_tax_number_mandatory(conn: Connection, country: str | None) -> bool:
    """Whether those who live there must have a tax number (M "Требования к налоговым данным")."""
    is_mandatory: bool = await fetch_value(
        conn,
        """
        SELECT EXISTS (SELECT FROM tax_document_type WHERE country = %(country)s AND is_mandatory AND is_active)
        """,
        {"country": country},
    )
    return is_mandatory


async def complete_registration(
    conn: Connection,
    freelancer_id: int,
    registration: Registration,
    *,
    proof: str | None,
    address: str | None = None,
    now: datetime,
) -> None:
    """Register, write the tax data, sign the agreement, and spend the link that proved the mailbox, all or nothing.

    `proof` is None for somebody signed in; `address` is the network address that the form came from.
    Refuses: LinkGone where two sent the form at once; what `register_freelancer`, `save_tax_info` and `sign_agreement`
    refuse.
    """
    if proof is not None:
        await use_link(conn, proof, purpose=PURPOSE, now=now)
    await register_freelancer(
        conn,
        freelancer_id,
        profile=registration.profile,
        password_hash=registration.password_hash,
        language=registration.language,
        now=now,
    )
    if registration.tax_info is not None:
        await save_tax_info(conn, freelancer_id, registration.tax_info, actor_id=freelancer_id, now=now)
    if registration.agreement_uuid is not None:
        await sign_agreement(
            conn,
            freelancer_id,
            template_uuid=registration.agreement_uuid,
            actor_id=freelancer_id,
            address=address,
            now=now,
        )
