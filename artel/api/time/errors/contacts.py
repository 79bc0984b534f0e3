"""Refusals of address books."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "contact_is_oneself": Entry(422, "This is your own address.", "Это ваш собственный адрес."),
    "contacts_full": Entry(
        409,
        "The address book holds {most} contacts: take somebody out first.",
        "В адресной книге помещается {most} контактов: сначала уберите кого-нибудь.",
    ),
}
