"""Refusals of outside calendars."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "calendar_url_refused": Entry(
        422,
        "Give an address on the public Internet that begins with https://, http:// or webcal://, without a user name.",
        "Укажите адрес в интернете, который начинается с https://, http:// или webcal://, без имени пользователя.",
    ),
    "calendar_sources_too_many": Entry(
        422,
        "A calendar is joined with {most} outside ones at most.",
        "К календарю можно подключить не больше {most} внешних.",
    ),
    "google_not_set_up": Entry(
        409,
        "Google calendars are not set up on this installation.",
        "На этой установке календари Google не настроены.",
    ),
    "google_not_linked": Entry(
        409,
        "Link a Google account first.",
        "Сначала подключите аккаунт Google.",
    ),
    "google_calendar_unknown": Entry(
        422,
        "The linked Google accounts have no such calendar.",
        "В подключённых аккаунтах Google нет такого календаря.",
    ),
    "google_calendar_read_only": Entry(
        422,
        "You may only read this calendar, not write to it.",
        "Этот календарь доступен вам только для чтения.",
    ),
    "google_timezone_unknown": Entry(
        422,
        "Give a time zone by its IANA name, for example Europe/Berlin.",
        "Укажите часовой пояс по имени IANA, например Europe/Berlin.",
    ),
    "google_link_state_refused": Entry(
        422,
        "This link has expired. Begin again.",
        "Эта ссылка устарела. Начните сначала.",
    ),
    "google_link_incomplete": Entry(
        422,
        "Google has not given access to the calendars. Begin again and allow everything that is asked for.",
        "Google не дал доступ к календарям. Начните сначала и разрешите всё, что запрашивается.",
    ),
}
