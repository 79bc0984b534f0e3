"""How somebody looks to others on the wire, and what is proposed for their profile."""

from collections.abc import Sequence
from typing import Any

import msgspec

from artel.api.time.file_replies import FileReply, render_file
from artel.api.time.replies import instant, instant_or_none
from artel.api.time.schedule_replies import ScheduleReply, SlotReply, render_schedule, render_slots
from artel.api.time.user_replies import SkillReply
from artel.corrections.rules import Correction
from artel.files.queries import PersonFile
from artel.profiles.public import Offer, PublicCalendarRow, PublicRow
from artel.profiles.reveals import RevealRow


class OfferReply(ScheduleReply, kw_only=True):
    """`slots`: the next free ones, at most ten of the coming seven days, in the schedule's time zone."""

    slots: list[SlotReply]


class PublicUserReply(msgspec.Struct, kw_only=True):
    """`schedules` are those the user owns and shows to everybody, at most 20; `languages` are BCP 47 primary tags."""

    id: int
    name: str
    ava_id: int | None
    ava: FileReply | None
    city: str | None
    timezone: str
    about: str | None
    languages: list[str]
    skills: list[SkillReply]
    education: str | None
    schedules: list[OfferReply]


class PublicCalendarReply(msgspec.Struct):
    id: int
    label: str
    description: str | None
    slug: str
    icon: str | None
    timezone: str


class CorrectionReply(msgspec.Struct):
    """A value proposed for one `field` of the profile of `user_id`. `old_value` is null for fields that the proposer
    does not see. `status`: open, applied, rejected or withdrawn."""

    id: int
    user_id: int
    proposer_id: int
    field: str
    old_value: Any
    new_value: Any
    status: str
    created_at: str
    settled_at: str | None


class RevealReply(msgspec.Struct):
    """`user_id` was told one's `field`: email or phone."""

    user_id: int
    name: str
    field: str
    at: str


class OtherUserReply(PublicUserReply, kw_only=True):
    """`email` and `phone` are masked: their own calls reveal them. `corrections` are open: all of one's own profile,
    those one has proposed of another's. `reveals`, of one's own profile alone: the latest 50 who were told the address
    or the number."""

    email: str
    phone: str | None
    calendars: list[PublicCalendarReply]
    corrections: list[CorrectionReply]
    reveals: list[RevealReply] | None


class Portrait(msgspec.Struct, frozen=True):
    """Somebody as others see them: all that is read for it."""

    row: PublicRow
    photo: PersonFile | None
    offers: list[Offer]


def render_public(portrait: Portrait, *, base_url: str) -> PublicUserReply:
    return PublicUserReply(**public_fields(portrait, base_url))


def render_other(
    portrait: Portrait,
    *,
    base_url: str,
    calendars: Sequence[PublicCalendarRow],
    corrections: Sequence[Correction],
    reveals: Sequence[RevealRow] | None,
) -> OtherUserReply:
    return OtherUserReply(
        **public_fields(portrait, base_url),
        email=portrait.row.masked_email,
        phone=portrait.row.masked_phone,
        calendars=[PublicCalendarReply(**msgspec.structs.asdict(calendar)) for calendar in calendars],
        corrections=[render_correction(correction) for correction in corrections],
        reveals=None
        if reveals is None
        else [RevealReply(row.viewer_id, row.name, row.field, instant(row.at)) for row in reveals],
    )


def public_fields(portrait: Portrait, base_url: str) -> dict[str, Any]:
    row = portrait.row
    return {
        "id": row.id,
        "name": row.name,
        "ava_id": row.photo_file_id,
        "ava": None if portrait.photo is None else render_file(portrait.photo, base_url=base_url),
        "city": row.city,
        "timezone": row.timezone,
        "about": row.about,
        "languages": row.languages,
        "skills": [SkillReply(skill.id, skill.name) for skill in row.skills],
        "education": row.education,
        "schedules": [render_offer(offer) for offer in portrait.offers],
    }


def render_offer(offer: Offer) -> OfferReply:
    return OfferReply(
        **msgspec.structs.asdict(render_schedule(offer.schedule)),
        slots=render_slots(offer.schedule, offer.slots, offer.schedule.timezone),
    )


def render_correction(row: Correction) -> CorrectionReply:
    return CorrectionReply(
        id=row.id,
        user_id=row.subject_id,
        proposer_id=row.proposer_id,
        field=row.field,
        old_value=row.old_value,
        new_value=row.new_value,
        status=row.status,
        created_at=instant(row.created_at),
        settled_at=instant_or_none(row.settled_at),
    )
