"""Letters about events: what they say, to whom, in whose language and time, and what is attached."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar, Event

from artel import clock
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.events.booking import NewBooking, book
from artel.events.errors import BookingGone
from artel.events.letters import News, tell
from artel.events.mailing import Post, write_due_letters
from artel.events.tokens import booking_by_token
from artel.sandbox.mailbox import SentMessage, sent_messages
from tests import cast
from tests.events.cast import add_schedule

POST = Post("artel.example", "no-reply@artel.example", "http://artel.example", "a secret", tells_late=False)
# 09:00 in Berlin, 11:00 in Moscow; a winter day, far ahead.
START = datetime(2030, 12, 3, 8, 0, tzinfo=UTC)


@pytest.fixture
async def vera(conn: Connection, now: datetime) -> int:
    """A client who reads Russian."""
    person = await cast.add_person(conn, "vera@example.test", now=now, language="RU")
    await conn.execute("UPDATE person SET timezone = 'Europe/Moscow' WHERE id = %s", [person])
    return person


async def book_at(
    conn: Connection,
    host: int,
    client: int,
    *,
    now: datetime,
    start: datetime = START,
    timezone: str | None = None,
    **rules: Any,
) -> int:
    schedule = await add_schedule(conn, host, now=now, horizon_days=3650, **rules)
    async with conn.transaction():
        booked = await book(
            conn,
            schedule,
            NewBooking(start=start, timezone=timezone),
            client_id=client,
            is_proven=True,
            actor_id=client,
            now=now,
        )
    return booked.event_id


async def mails(database: Database, conn: Connection, to: str) -> list[SentMessage]:
    while (await write_due_letters(database, clock.now(), POST)).count:
        pass
    return await sent_messages(conn, to=to)


def event_in(mail: SentMessage) -> tuple[str, Event]:
    [file] = mail.attachments
    assert file["name"] == "invite.ics"
    calendar = Calendar.from_ical(file["content"])
    method = str(calendar["METHOD"])
    assert file["content_type"] == f"text/calendar; method={method}; charset=utf-8"
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return method, event


async def test_a_booking_is_told_to_both_in_their_own_time_and_language(
    database: Database, conn: Connection, host: int, vera: int, now: datetime
) -> None:
    await conn.execute("UPDATE person SET timezone = 'Europe/Berlin' WHERE id = %s", [host])
    event_id = await book_at(conn, host, vera, now=now)
    [hosts] = await mails(database, conn, "nora@example.test")
    assert hosts.subject == "New booking: Consultation"
    assert "Tuesday, 3 December 2030, 09:00–09:30 (Europe/Berlin)" in hosts.text
    assert "Vera Example" in hosts.text
    [clients] = await mails(database, conn, "vera@example.test")
    assert clients.subject == "Ваша запись: Consultation"
    assert "вторник, 3 декабря 2030\xa0г., 11:00–11:30 (Europe/Moscow)" in clients.text.replace(" г.", "\xa0г.")
    assert "Nora Example" in clients.text
    for mail, own, other in ((hosts, "nora", "vera"), (clients, "vera", "nora")):
        method, event = event_in(mail)
        assert method == "REQUEST"
        assert event["UID"] == f"event-{event_id}@artel.example"
        assert event["SEQUENCE"] == 0
        assert event.start == START
        assert event["STATUS"] == "CONFIRMED"
        assert str(event["ATTENDEE"]) == f"mailto:{own}@example.test"
        text = mail.attachments[0]["content"].replace("\r\n ", "")
        assert f"{other}@" not in text  # nobody's address is given away
        assert str(event["ORGANIZER"]) == "mailto:no-reply@artel.example"


async def test_a_client_is_shown_the_way_to_their_booking(
    database: Database, conn: Connection, host: int, vera: int, now: datetime
) -> None:
    """By a token that this installation alone can make, and that is of no other seat."""
    event_id = await book_at(conn, host, vera, now=now)
    [hosts] = await mails(database, conn, "nora@example.test")
    assert hosts.link is None
    [mail] = await mails(database, conn, "vera@example.test")
    assert mail.link is not None
    assert mail.link in mail.text
    token = mail.link.removeprefix("http://artel.example/bookings/")
    assert (await booking_by_token(conn, token, secret="a secret")).event_id == event_id
    seat, _, mac = token.partition(".")
    await conn.execute("UPDATE event_attendee SET token_hash = 'x' WHERE event_id = %s AND role_id = 3", [event_id])
    for forged in (f"{int(seat) - 1}.{mac}", f"{seat}.{mac[:-1]}", f"{seat}.", f"0{token}", f"-{token}", "é.", seat):
        with pytest.raises(BookingGone):
            await booking_by_token(conn, forged, secret="a secret")
    with pytest.raises(BookingGone):
        await booking_by_token(conn, token, secret="another's secret")


async def test_times_are_those_of_the_zone_somebody_booked_in(
    database: Database, conn: Connection, host: int, vera: int, now: datetime
) -> None:
    await book_at(conn, host, vera, now=now, timezone="Asia/Tokyo")
    [mail] = await mails(database, conn, "vera@example.test")
    assert "17:00–17:30 (Asia/Tokyo)" in mail.text
    # The host never chose a zone: the schedule's.
    [mail] = await mails(database, conn, "nora@example.test")
    assert "08:00–08:30 (UTC)" in mail.text


@pytest.mark.parametrize(
    ("news", "facts", "says", "says_in_russian"),
    [
        ("invited", {}, "Nora Example invites you", "Nora Example приглашает вас"),
        ("booked", {}, "You have booked", "Вы записались"),
        ("confirmed", {}, "is confirmed", "подтверждена"),
        ("declined", {}, "Nora Example has declined", "отклонена: Nora Example"),
        ("cancelled", {}, "is cancelled by Nora Example", "отменена: Nora Example"),
        (
            "moved",
            {"from": ["2030-12-02T08:00:00+00:00", "2030-12-02T08:30:00+00:00"]},
            "Monday, 2 December 2030",
            "понедельник, 2 декабря 2030",
        ),
        ("proposed", {"fields": ["time", "label"]}, "change the time, the title", "изменить время, название"),
        ("rejected", {"fields": ["time"]}, "rejected by Nora Example", "отклонено: Nora Example"),
        ("rejected", {"fields": ["time"], "reason": "slot_taken"}, "cannot be done any more", "уже нельзя"),
    ],
)
async def test_each_letter(
    database: Database,
    conn: Connection,
    host: int,
    anna: int,
    vera: int,
    now: datetime,
    news: News,
    facts: dict[str, Any],
    says: str,
    says_in_russian: str,
) -> None:
    for day, client, email, wanted in (
        (0, anna, "anna@example.test", says),
        (1, vera, "vera@example.test", says_in_russian),
    ):
        event_id = await book_at(conn, host, client, now=now, start=START + timedelta(days=day))
        await conn.execute("DELETE FROM event_letter")
        await tell(conn, news, [event_id], to=[client], facts={"actor_id": host} | facts, now=now)
        [mail, *_] = await mails(database, conn, email)
        assert wanted in f"{mail.subject}\n{mail.text}"
        assert "Consultation" in mail.subject
        assert len(mail.attachments) == (0 if news in {"proposed", "rejected"} else 1)
        assert "\n\n\n" not in mail.text
        for left_open in ("None", "{{", "{%", "()", " ,"):
            assert left_open not in mail.text


async def test_cancelled_for_one_of_a_group_and_not_for_its_host(
    database: Database, conn: Connection, host: int, anna: int, now: datetime
) -> None:
    event_id = await book_at(conn, host, anna, now=now, seats=3)
    await mails(database, conn, "")
    await conn.execute("UPDATE event_attendee SET status_id = 444 WHERE person_id = %s", [anna])
    facts = {"actor_id": anna, "leaver_id": anna}
    await tell(conn, "cancelled", [event_id], to=[host, anna], facts=facts, now=now)
    annas = (await mails(database, conn, "anna@example.test"))[0]
    assert "is cancelled by Anna Example" in annas.text
    assert event_in(annas)[0] == "CANCEL"
    assert event_in(annas)[1]["STATUS"] == "CANCELLED"
    hosts = (await mails(database, conn, "nora@example.test"))[0]
    assert "Anna Example has cancelled the booking" in hosts.text
    assert "The others still take part." in hosts.text
    assert event_in(hosts)[0] == "REQUEST"


async def test_what_is_not_true_any_more_is_not_told(
    database: Database, conn: Connection, host: int, anna: int, now: datetime
) -> None:
    event_id = await book_at(conn, host, anna, now=now)
    await conn.execute("UPDATE calendar_event SET status_id = 444 WHERE id = %s", [event_id])
    assert await mails(database, conn, "anna@example.test") == []
    assert await fetch_value(conn, "SELECT count(*) FROM event_letter WHERE kind <> 'reminder'") == 0


async def test_a_letter_that_cannot_be_written_holds_up_nobody(
    database: Database, conn: Connection, host: int, anna: int, now: datetime
) -> None:
    event_id = await book_at(conn, host, anna, now=now)
    await conn.execute("DELETE FROM event_letter")
    await tell(conn, "moved", [event_id], to=[anna], facts={"from": ["not a time", "neither"]}, now=now)
    await tell(conn, "confirmed", [event_id], to=[host], now=now)
    assert [mail.subject for mail in await mails(database, conn, "nora@example.test")] == ["Confirmed: Consultation"]
    assert await mails(database, conn, "anna@example.test") == []
    assert await fetch_value(conn, "SELECT count(*) FROM event_letter") == 0
