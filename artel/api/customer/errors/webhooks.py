"""Refusals of web hooks."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "web_hook_url_refused": Entry(
        422,
        "A web address on the public Internet is expected: http or https, without a user name, on port 80, 443 or one "
        "from 1024.",
        "Ожидается адрес в открытом интернете: http или https, без имени пользователя, порт 80, 443 или от 1024.",
    ),
    "web_hook_disabled": Entry(
        422,
        "The web hook is disabled: enable it first.",
        "Вебхук отключён: сначала включите его.",
    ),
}
