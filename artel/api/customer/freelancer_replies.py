"""A freelancer as the customer API shows one: every field of either edition, in the list as by id."""

import uuid

import msgspec

from artel.api.customer.replies import iso_moment
from artel.freelancers.queries import FreelancerRow


class Details(msgspec.Struct, rename="camel"):
    """The company's own view: its alias for the person, else their name, and its notes."""

    first_name: str
    last_name: str
    note: str
    specialization: str


class Freelancer(msgspec.Struct, rename="camel"):
    id: int
    uuid: uuid.UUID
    email: str
    phone: str | None
    name: str
    taxation_status_id: int
    taxation_blocked_till: str
    category_title: str
    category_title_en: str
    details: Details
    country: str | None
    is_verified: bool
    is_invite_sent: bool
    invite_sent_at: str | None
    register_date: str | None
    is_registered: bool
    is_tax_payment_allowed: bool
    email_confirmation_status: bool
    phone_confirmation_status: bool


class InvitedFreelancer(msgspec.Struct, rename="camel"):
    uuid: uuid.UUID
    freelancer_id: int


def render_freelancer(row: FreelancerRow) -> Freelancer:
    """Texts that are not there are empty, as in the documents' samples."""
    has_alias = bool(row.alias_first_name or row.alias_last_name)
    return Freelancer(
        id=row.id,
        uuid=row.uuid,
        email=row.email,
        phone=row.phone,
        name=row.name,
        taxation_status_id=row.taxation_status,
        taxation_blocked_till=row.taxation_blocked_till.isoformat() if row.taxation_blocked_till else "",
        category_title=row.category_title_ru or "",
        category_title_en=row.category_title_en or "",
        details=Details(
            first_name=(row.alias_first_name if has_alias else row.first_name) or "",
            last_name=(row.alias_last_name if has_alias else row.last_name) or "",
            note=row.note or "",
            specialization=row.specialization or "",
        ),
        country=row.country,
        is_verified=row.verified_at is not None,
        is_invite_sent=row.invite_sent_at is not None,
        invite_sent_at=iso_moment(row.invite_sent_at),
        register_date=iso_moment(row.registered_at),
        is_registered=row.registered_at is not None,
        is_tax_payment_allowed=row.is_tax_payment_allowed,
        email_confirmation_status=row.email_confirmed_at is not None,
        phone_confirmation_status=row.phone is not None and row.phone_confirmed_at is not None,
    )
