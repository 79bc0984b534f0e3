"""Refusals of address books."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "contact_is_oneself": Entry(422, "This is your own address.", "Это ваш собственный адрес."),
    "contacts_full": Entry(
        409,
        "The address book holds {most} contacts: take somebody out first.",
        "В адресной книге помещается {most} контактов: сначала уберите кого-нибудь.",
    ),
    "profile_changed_elsewhere": Entry(
        422,
        "Not here: PUT /user changes photo and CV, POST /user/email the address.",
        "Не здесь: фото и резюме меняет PUT /user, адрес — POST /user/email.",
    ),
}
