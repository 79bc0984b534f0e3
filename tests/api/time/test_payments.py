"""POST /schedule/{schedule}/pay and /deposit, POST /event/{event}/charge."""

import asyncio
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.ledger.accounts import company_available, company_held
from artel.ledger.queries import balance
from artel.schedules.queries import ScheduleRow
from tests.cast import Someone
from tests.events.cast import add_members, add_schedule, day_after
from tests.payments.cast import company_of

PRICE = Decimal("40.00")


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
async def schedule(conn: Connection, nora: Someone, now: datetime) -> ScheduleRow:
    return await add_schedule(conn, nora.id, now=now, price=PRICE, currency="EUR")


async def booked(client: httpx.AsyncClient, schedule: ScheduleRow, who: Someone, hour: int = 10) -> int:
    start = day_after(clock.now(), days=2, hour=hour).isoformat()
    reply = await client.post(f"/schedule/{schedule.id}/book", json={"start": start}, headers=who.headers)
    assert reply.status_code == 200, reply.text
    return int(reply.json()["event"]["id"])


async def call(client: httpx.AsyncClient, who: Someone, path: str, body: Any, **headers: str) -> httpx.Response:
    return await client.post(path, json=body, headers=who.headers | headers)


async def test_a_client_pays_from_a_company(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, anna: Someone, now: datetime
) -> None:
    company = await company_of(conn, anna.id, "EUR", now=now)
    events = [await booked(client, schedule, anna, hour) for hour in (9, 10)]
    path, body = f"/schedule/{schedule.id}/pay", {"pay_from": {"company_id": company}, "ids": events}
    replies = [await call(client, anna, path, body, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert replies[0].text == replies[1].text
    paid = replies[0].json()
    assert [(event["id"], event["status_id"], event["payment_status_id"]) for event in paid] == [
        (event, 200, 300) for event in events
    ]
    assert await balance(conn, company_available(company, "EUR")) == 20
    assert await balance(conn, company_held(company, "EUR")) == 80
    again = await call(client, anna, path, body)
    assert (again.status_code, list(again.json()["errors"])) == (422, ["ids"])


async def test_all_or_none(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, anna: Someone, now: datetime
) -> None:
    company = await company_of(conn, anna.id, "EUR", now=now)
    for hour in (9, 10, 11):
        await booked(client, schedule, anna, hour)
    reply = await call(client, anna, f"/schedule/{schedule.id}/pay", {"pay_from": {"company_id": company}})
    assert reply.status_code == 422
    assert "20.00" in reply.json()["message"]
    assert await balance(conn, company_available(company, "EUR")) == 100


async def test_the_host_notes_a_payment_outside(
    client: httpx.AsyncClient, schedule: ScheduleRow, nora: Someone, anna: Someone
) -> None:
    event = await booked(client, schedule, anna)
    reply = await call(client, nora, f"/schedule/{schedule.id}/pay", {"ids": [event]})
    assert [(one["status_id"], one["payment_status_id"]) for one in reply.json()] == [(200, 300)]


async def test_who_may(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, anna: Someone, ben: Someone, now: datetime
) -> None:
    event = await booked(client, schedule, anna)
    path = f"/schedule/{schedule.id}/pay"
    assert (await call(client, anna, path, {"ids": [event]})).status_code == 403
    company = await company_of(conn, ben.id, "EUR", now=now)
    own = {"pay_from": {"company_id": company}, "ids": [event]}
    assert (await call(client, ben, path, own)).json()["errors"].keys() == {"ids"}, "another's booking"
    assert (await call(client, anna, path, own)).json()["errors"].keys() == {"pay_from"}, "another's money"
    deposit = {"date": now.isoformat(), "amount": 40}
    assert (await call(client, anna, f"/schedule/{schedule.id}/deposit", deposit)).status_code == 403
    await conn.execute("UPDATE schedule SET is_private = true")
    for path in ("pay", "deposit"):
        assert (await call(client, ben, f"/schedule/{schedule.id}/{path}", deposit)).status_code == 404
    assert (await call(client, ben, f"/event/{event}/charge", {"date": now.isoformat()})).status_code == 404
    assert (await client.post(f"/schedule/{schedule.id}/pay", json={})).status_code == 401
    assert await balance(conn, company_available(company, "EUR")) == 100


async def test_a_deposit_pays_what_it_names(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, nora: Someone, anna: Someone, now: datetime
) -> None:
    event = await booked(client, schedule, anna)
    path = f"/schedule/{schedule.id}/deposit"
    body = {"date": "2026-03-01T10:00:00+02:00", "amount": 39, "ids": [event], "label": "Cash"}
    short = await call(client, nora, path, body)
    assert (short.status_code, list(short.json()["errors"])) == (422, ["amount"])
    made = (await call(client, nora, path, body | {"amount": "40.5"})).json()
    assert (made["type_id"], made["amount"], made["label"], made["credit"]) == (3, "40.50", "Cash", True)
    shown = (await client.get(f"/event/{event}", headers=anna.headers)).json()["event"]
    assert (shown["status_id"], shown["payment_status_id"]) == (200, 300)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "40.001"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "1e400"}, "amount"),
        ({"amount": 0}, "amount"),
        ({"date": "9999-12-31T23:59:59-12:00"}, "date"),
        ({"benefitable_id": 1}, "benefitable_id"),
        ({"benefitable_type": "ContractHand"}, "benefitable_type"),
        ({"ids": [1]}, "ids"),
    ],
)
async def test_a_deposit_that_is_none(
    client: httpx.AsyncClient, schedule: ScheduleRow, nora: Someone, now: datetime, body: dict[str, Any], field: str
) -> None:
    reply = await call(client, nora, f"/schedule/{schedule.id}/deposit", {"date": now.isoformat(), "amount": 5} | body)
    assert reply.status_code == 422, reply.text
    assert list(reply.json()["errors"]) == [field]


async def test_a_charge_for_a_meeting(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, nora: Someone, anna: Someone, now: datetime
) -> None:
    event = await booked(client, schedule, anna)
    path, body = f"/event/{event}/charge", {"date": now.isoformat(), "benefitable_id": str(nora.id)}
    assert (await call(client, nora, path, body)).status_code == 422, "not confirmed yet"
    await call(client, nora, f"/schedule/{schedule.id}/pay", {"ids": [event]})
    assert (await call(client, anna, path, body)).status_code == 404, "clients charge nobody"
    wrong = await call(client, nora, path, body | {"benefitable_id": anna.id})
    assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["benefitable_id"])
    made = (await call(client, nora, path, body)).json()
    assert (made["type_id"], made["parent_id"], made["amount"], made["duration"]) == (2, event, "40.00", 30)
    assert (await call(client, nora, path, body)).status_code == 409
    children = (await client.get(f"/event/{event}/children", headers=nora.headers)).json()
    assert [child["id"] for child in children] == [made["id"]]


async def test_members_by_their_level(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, anna: Someone, ben: Someone, now: datetime
) -> None:
    event = await booked(client, schedule, anna)
    for level, status in ((1, 403), (2, 200)):
        await conn.execute("DELETE FROM schedule_member WHERE person_id = %s", [ben.id])
        await add_members(conn, schedule.id, {ben.id: (2, 2, level)}, now=now)
        reply = await call(client, ben, f"/schedule/{schedule.id}/pay", {"ids": [event]})
        assert reply.status_code == status


async def test_no_deposit_on_a_schedule_that_is_being_deleted(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, nora: Someone, now: datetime
) -> None:
    async with conn.transaction():
        await conn.execute("UPDATE schedule SET deleted_at = %s WHERE id = %s", [now, schedule.id])
        deposit = {"date": now.isoformat(), "amount": 5}
        noting = asyncio.create_task(call(client, nora, f"/schedule/{schedule.id}/deposit", deposit))
        await asyncio.sleep(0.5)
    assert (await noting).status_code == 404


async def test_no_deposit_without_a_currency(
    client: httpx.AsyncClient, conn: Connection, nora: Someone, now: datetime
) -> None:
    free = await add_schedule(conn, nora.id, now=now)
    reply = await call(client, nora, f"/schedule/{free.id}/deposit", {"date": now.isoformat(), "amount": 5})
    assert (reply.status_code, reply.json()["errors"]) == (422, {})


async def test_five_deposits_and_five_charges_at_once(
    client: httpx.AsyncClient, schedule: ScheduleRow, nora: Someone, anna: Someone, now: datetime
) -> None:
    event = await booked(client, schedule, anna)
    deposit = {"date": now.isoformat(), "amount": 40, "ids": [event]}
    replies = await asyncio.gather(*(call(client, nora, f"/schedule/{schedule.id}/deposit", deposit) for _ in range(5)))
    assert [reply.status_code for reply in replies].count(200) == 1, [reply.text for reply in replies]
    replies = await asyncio.gather(
        *(call(client, nora, f"/event/{event}/charge", {"date": now.isoformat()}) for _ in range(5))
    )
    assert sorted(reply.status_code for reply in replies) == [200, 409, 409, 409, 409]


async def test_the_client_pays_while_the_host_notes_it_as_paid(
    client: httpx.AsyncClient, conn: Connection, schedule: ScheduleRow, nora: Someone, anna: Someone, now: datetime
) -> None:
    """One of them does it, and money moves only where it was the client."""
    company = await company_of(conn, anna.id, "EUR", now=now)
    event = await booked(client, schedule, anna)
    path = f"/schedule/{schedule.id}/pay"
    body = {"ids": [event]}
    replies = await asyncio.gather(
        *(
            call(client, who, path, body | how)
            for who, how in ((anna, {"pay_from": {"company_id": company}}), (nora, {})) * 3
        )
    )
    codes = [reply.status_code for reply in replies]
    assert codes.count(200) == 1, codes
    by_client = codes.index(200) % 2 == 0
    assert await balance(conn, company_available(company, "EUR")) == (60 if by_client else 100)
    assert await balance(conn, company_held(company, "EUR")) == (40 if by_client else 0)
