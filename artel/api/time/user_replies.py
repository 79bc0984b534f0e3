"""How somebody's own profile looks on the wire."""

from typing import Any

import msgspec

from artel.api.time.calendar_replies import CalendarReply, render_calendar
from artel.api.time.contact_replies import Contact, render_contact
from artel.api.time.file_replies import FileReply, render_file
from artel.api.time.replies import instant
from artel.calendars.queries import CalendarRow
from artel.contacts.queries import ContactRow
from artel.files.queries import PersonFile
from artel.profiles.queries import ProfileRow


class SkillReply(msgspec.Struct):
    id: int
    name: str


class LinkReply(msgspec.Struct):
    label: str
    url: str


class SalaryReply(msgspec.Struct):
    """What somebody asks for: a decimal amount in whole units of `currency`, `per` hour, day or month."""

    amount: str
    currency: str
    per: str


class UserReply(msgspec.Struct, kw_only=True):
    """Somebody's own profile. `languages` are BCP 47 primary tags; `phone` is in international form; `lang` is the
    language one is answered and written to in; `settings` is the client's own, kept as it was sent."""

    id: int
    name: str
    email: str
    email_confirmed: bool
    phone: str | None
    lang: str
    timezone: str
    birthdate: str | None
    birthtime: str | None
    birthcity: str | None
    city: str | None
    currency: str | None
    education: str | None
    about: str | None
    languages: list[str]
    skills: list[SkillReply]
    links: list[LinkReply]
    sallary: SalaryReply | None
    settings: dict[str, Any]
    ava_id: int | None
    ava: FileReply | None
    cv_id: int | None
    cv: FileReply | None
    docs: list[FileReply]
    contacts: list[Contact]
    calendars: list[CalendarReply]
    contracts: list[dict[str, Any]]
    hands: list[dict[str, Any]]
    created_at: str
    updated_at: str


class SignedInReply(UserReply, kw_only=True):
    """The profile with the token of the session just opened, a Bearer."""

    token: str


class WholeProfile(msgspec.Struct, frozen=True):
    """A profile and what belongs to it."""

    row: ProfileRow
    files: dict[int, PersonFile]
    calendars: list[CalendarRow]
    contacts: list[ContactRow]


def render_user(profile: WholeProfile, *, base_url: str) -> UserReply:
    return UserReply(**fields_of(profile, base_url))


def render_signed_in(profile: WholeProfile, *, token: str, base_url: str) -> SignedInReply:
    return SignedInReply(token=token, **fields_of(profile, base_url))


def fields_of(profile: WholeProfile, base_url: str) -> dict[str, Any]:
    row = profile.row
    files = {file_id: render_file(file, base_url=base_url) for file_id, file in profile.files.items()}
    return {
        "id": row.id,
        "name": row.name,
        "email": row.email,
        "email_confirmed": row.email_confirmed_at is not None,
        "phone": f"+{row.phone}" if row.phone else None,
        "lang": row.language.lower(),
        "timezone": row.timezone,
        "birthdate": row.birth_date.isoformat() if row.birth_date else None,
        "birthtime": f"{row.birth_time:%H:%M}" if row.birth_time else None,
        "birthcity": row.birth_city,
        "city": row.city,
        "currency": row.currency,
        "education": row.education,
        "about": row.about,
        "languages": row.languages,
        "skills": [SkillReply(skill.id, skill.name) for skill in row.skills],
        "links": [LinkReply(**link) for link in row.links],
        "sallary": SalaryReply(**row.salary) if row.salary else None,
        "settings": row.settings,
        "ava_id": row.photo_file_id,
        "ava": files.get(row.photo_file_id or 0),
        "cv_id": row.cv_file_id,
        "cv": files.get(row.cv_file_id or 0),
        "docs": [files[file_id] for file_id in row.document_ids if file_id in files],
        "contacts": [render_contact(contact) for contact in profile.contacts],
        "calendars": [render_calendar(calendar) for calendar in profile.calendars],
        "contracts": [],
        "hands": [],
        "created_at": instant(row.created_at),
        "updated_at": instant(row.updated_at),
    }
