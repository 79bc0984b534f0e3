"""How a contact looks on the wire."""

import msgspec

from artel.api.time.replies import instant, instant_or_none
from artel.contacts.queries import ContactRow


class ContactPerson(msgspec.Struct):
    """`ava_id` is the file of the photo."""

    id: int
    name: str
    ava_id: int | None


class Contact(msgspec.Struct):
    """`email` is the address as it was typed, which is the label too until another is written. `count` says how many
    meetings both came to, `last_contact` when the last of them began. `settings` has "pinned" for who is pinned. `user`
    is null while their profile is not the caller's to see."""

    id: int
    owner_id: int
    user_id: int
    label: str
    description: str | None
    settings: list[str]
    last_contact: str | None
    count: int
    created_at: str
    updated_at: str
    deleted_at: str | None
    email: str
    pinned: bool
    user: ContactPerson | None


def render_contact(row: ContactRow) -> Contact:
    return Contact(
        id=row.id,
        owner_id=row.owner_id,
        user_id=row.person_id,
        label=row.label,
        description=row.description,
        settings=["pinned"] if row.pinned_at else [],
        last_contact=instant_or_none(row.last_contact),
        count=row.meetings,
        created_at=instant(row.created_at),
        updated_at=instant(row.updated_at),
        deleted_at=instant_or_none(row.deleted_at),
        email=row.email,
        pinned=row.pinned_at is not None,
        user=None if row.name is None else ContactPerson(row.person_id, row.name, row.photo_file_id),
    )
