"""How an outside calendar looks on the wire."""

from typing import Literal

import msgspec

from artel.api.time.replies import instant, instant_or_none
from artel.calendar_sync.queries import SourceRow

# What went wrong last -> for people to read, EN and RU.
REASONS: dict[str, tuple[str, str]] = {
    "url_invalid": ("The address cannot be used.", "Этот адрес нельзя использовать."),
    "name_unknown": ("There is no such server.", "Такого сервера нет."),
    "address_not_allowed": ("The address is not on the public Internet.", "Адрес находится не в интернете."),
    "timeout": ("The server does not answer in time.", "Сервер не отвечает вовремя."),
    "connection": ("The server cannot be reached.", "Сервер недоступен."),
    "tls": ("The connection is not secure: the certificate is wrong.", "Соединение небезопасно: ошибка сертификата."),
    "protocol": ("The server answers in a way we do not understand.", "Ответ сервера непонятен."),
    "redirect": ("The server sends us elsewhere.", "Сервер направляет в другое место."),
    "too_large": ("The calendar is too large.", "Календарь слишком большой."),
    "unauthorized": ("The server does not let us in.", "Сервер не пускает нас."),
    "not_found": ("There is no calendar at this address.", "По этому адресу нет календаря."),
    "gone": ("The calendar is gone for good.", "Календарь удалён навсегда."),
    "busy": ("The server is busy, we try again later.", "Сервер занят, попробуем позже."),
    "status": ("The server answers with an error.", "Сервер отвечает ошибкой."),
    "not_a_calendar": ("What is there is not a calendar.", "По адресу находится не календарь."),
    "too_many_occurrences": ("There are too many events.", "Событий слишком много."),
    "rule_too_frequent": ("An event repeats too often.", "Событие повторяется слишком часто."),
    "too_slow": ("The calendar takes too long to read.", "Чтение календаря занимает слишком много времени."),
    "no_calendar": ("No such calendar was found on the server.", "На сервере не найден такой календарь."),
    "account_broken": ("Google no longer gives access: link it again.", "Google закрыл доступ: подключите его снова."),
    "unreadable": ("The access has to be given again.", "Доступ нужно дать заново."),
    "conflict": ("Somebody else changes the same event.", "То же событие меняет кто-то другой."),
    "failed": ("Something went wrong on our side.", "Что-то пошло не так на нашей стороне."),
}


class SourceReply(msgspec.Struct):
    """`from`: true, its events are taken; false, ours are given to it. `external_id` is its address, or Google's id;
    what is secret of an address is left out. `status`: waiting for the first sync, active, failing (tried again at
    `next_sync_at`), or broken (until it is set up again)."""

    id: int
    kal_id: int
    kind: Literal["ical", "google", "caldav"]
    from_: bool = msgspec.field(name="from")
    external_id: str
    summary: str | None
    description: str | None
    timezone: str | None
    status: Literal["waiting", "active", "failing", "broken"]
    error: str | None
    failures: int
    synced_at: str | None
    next_sync_at: str | None
    created_at: str
    updated_at: str


class SourcesReply(msgspec.Struct):
    """`import`: what events are taken from; `export`: what ours are given to."""

    import_: list[SourceReply] = msgspec.field(name="import")
    export: list[SourceReply]


def render_sources(rows: list[SourceRow], language: str) -> SourcesReply:
    rendered = [render_source(row, language) for row in rows]
    return SourcesReply([one for one in rendered if one.from_], [one for one in rendered if not one.from_])


def render_source(row: SourceRow, language: str) -> SourceReply:
    return SourceReply(
        id=row.id,
        kal_id=row.calendar_id,
        kind=row.kind,  # type: ignore[arg-type]
        from_=row.direction == "from",
        external_id=row.address,
        summary=row.summary,
        description=row.description,
        timezone=row.timezone,
        status=status_of(row),
        error=None if row.error is None else REASONS[row.error][language == "RU"],
        failures=row.failures,
        synced_at=instant_or_none(row.last_synced_at),
        next_sync_at=instant_or_none(row.next_sync_at),
        created_at=instant(row.created_at),
        updated_at=instant(row.updated_at),
    )


def status_of(row: SourceRow) -> Literal["waiting", "active", "failing", "broken"]:
    if row.broken_at is not None:
        return "broken"
    if row.failures:
        return "failing"
    return "waiting" if row.last_synced_at is None else "active"
