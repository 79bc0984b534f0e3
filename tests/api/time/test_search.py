"""POST /schedule/search: who is found, in which order, and only who is free."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from artel import clock
from artel.db.pool import Connection
from artel.schedules.hours import SlotRules
from artel.settings import Settings
from tests import cast
from tests.cast import Someone
from tests.schedules.crowd import OFFICE, Sketch, add_crowd, make_busy, rules, whole_days
from tests.times import Travel

MONDAY = datetime(2027, 3, 1, tzinfo=UTC)
NIGHTS = {str(day): ((22 * 60, 30 * 60),) for day in range(1, 8)}


@pytest.fixture
def now(travel: Travel) -> datetime:
    travel(seconds=(MONDAY - clock.now()).total_seconds())
    return MONDAY


@pytest.fixture
async def visitor(conn: Connection, settings: Settings, now: datetime) -> Someone:
    person = await cast.add_person(conn, "visitor@example.test", now=now)
    return await cast.sign_in(conn, settings, person, None, now=now)


async def search(client: httpx.AsyncClient, visitor: Someone, **body: Any) -> Any:
    reply = await client.post("/schedule/search", json=body, headers=visitor.headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


async def names(client: httpx.AsyncClient, visitor: Someone, **body: Any) -> list[str]:
    return [item["user"]["name"] for item in (await search(client, visitor, **body))["data"]]


async def test_only_who_is_free(client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime) -> None:
    made = await add_crowd(
        conn, [Sketch(name="Free"), Sketch(name="Busy"), Sketch(name="Away", is_private=True)], now=now
    )
    await make_busy(conn, whole_days(made[1][0], MONDAY, 7), now=now)
    week = {"start": "2027-03-01T00:00:00Z", "end": "2027-03-08T00:00:00Z"}
    assert await names(client, visitor, **week) == ["Free"]
    assert await names(client, visitor, **week | {"end": "2027-03-09T00:00:00Z"}) == ["Busy", "Free"]


async def test_what_is_shown(client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime) -> None:
    sketch = Sketch(name="Anna", label="Tax advice", price="40", currency="EUR", skills=("Taxes",), languages=("de",))
    [(person, schedule)] = await add_crowd(conn, [sketch], now=now)
    found = await search(client, visitor, timezone="Asia/Kathmandu")
    assert found["meta"] == {
        "current_page": 1,
        "per_page": 20,
        "from": 1,
        "to": 1,
        "has_more": False,
        "total": 1,
    }
    [item] = found["data"]
    assert (item["schedule"]["id"], item["schedule"]["price"]) == (schedule, "40.00")
    assert item["user"]["id"] == person
    assert [skill["name"] for skill in item["skills"]] == ["Taxes"]
    assert item["slots"][0] == {"start": "2027-03-01T13:45:00+05:45", "end": "2027-03-01T14:15:00+05:45"}
    assert len(item["slots"]) == 5


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("переводами", ["Borja"]),
        ("TRANSLATOR", ["Anna"]),
        ("translating", ["Anna"]),
        ('"tax advice"', ["Chloe"]),
        ("advice -tax", []),
        ("anna", ["Anna"]),
        ("translator or tax", ["Anna", "Chloe"]),
        ("nothing of the kind", []),
        ("' OR 1=1 --", []),
    ],
)
async def test_words_in_both_languages(
    client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime, query: str, expected: list[str]
) -> None:
    crowd = [
        Sketch(name="Anna", label="Translator of contracts"),
        Sketch(name="Borja", label="Перевод договоров"),
        Sketch(name="Chloe", about="I give tax advice"),
    ]
    await add_crowd(conn, crowd, now=now)
    assert sorted(await names(client, visitor, query=query)) == expected


async def test_filters(client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime) -> None:
    crowd = [
        Sketch(name="A", price="10", currency="EUR", skills=("Law", "Tax"), languages=("de", "en")),
        Sketch(name="B", price="20", currency="USD", skills=("Law",), languages=("ru",)),
        Sketch(name="C", rules=rules(durations=(60,), notice_minutes=600), skills=("Tax",)),
    ]
    made = await add_crowd(conn, crowd, now=now)
    cursor = await conn.execute("SELECT name, id FROM skill")
    skills = dict(await cursor.fetchall())

    async def found(**body: Any) -> str:
        return "".join(sorted(await names(client, visitor, **body)))

    assert await found() == "ABC"
    assert await found(skills=[skills["Law"]]) == "AB"
    assert await found(skills=[skills["Law"], skills["Tax"]]) == "A"
    assert await found(languages=["EN", "ru"]) == "AB"
    assert await found(price_from=5, price_to="10.00") == "A"
    assert await found(currency="usd") == "BC"  # who is free of charge is in every currency
    assert await found(duration=60) == "C"
    assert await found(duration=45) == ""
    assert await found(msp=60) == "AB"
    assert await found(type_id=2) == ""
    cursor = await conn.execute("SELECT calendar_id FROM schedule WHERE id = %s", [made[1][1]])
    row = await cursor.fetchone()
    assert row is not None
    assert await found(kal_id=row[0]) == "B"


async def test_days_and_hours_of_the_searcher(
    client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime
) -> None:
    crowd = [
        Sketch(name="Office"),
        Sketch(name="Night", rules=rules(days=NIGHTS)),
        Sketch(name="Tokyo", rules=SlotRules(timezone="Asia/Tokyo", days=OFFICE)),
    ]
    await add_crowd(conn, crowd, now=now)

    async def found(**body: Any) -> list[str]:
        return sorted(await names(client, visitor, timezone="Europe/Berlin", **body))

    assert await found(hours={"from": "09:00", "to": "18:00"}) == ["Office", "Tokyo"]
    assert await found(hours={"from": "22:00"}) == ["Night"]
    assert await found(days=[0]) == ["Night"]
    # A Sunday evening in Berlin is Monday in Tokyo, not yet at nine; at one in the night it is.
    assert await found(days=[1], hours={"from": "01:00", "to": "02:00"}) == ["Night", "Tokyo"]
    item = (await search(client, visitor, timezone="Europe/Berlin", days=[3], hours={"from": "17:30"}))["data"][-1]
    assert {slot["start"] for slot in item["slots"]} == {"2027-03-03T17:30:00+01:00", "2027-03-10T17:30:00+01:00"}


async def test_order_and_pages(client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime) -> None:
    """Pages together have everybody who is free once, in the order wanted, whoever is busy between them."""
    crowd = [Sketch(name=f"{n:03}", price=str(n % 7), currency="EUR") for n in range(150)]
    made = await add_crowd(conn, crowd, now=now)
    busy = [span for n, (person, _) in enumerate(made) if n % 3 == 0 for span in whole_days(person, MONDAY, 15)]
    await make_busy(conn, busy, now=now)
    free = [n for n in range(150) if n % 3]
    orders: dict[tuple[str, bool], list[int]] = {
        ("updated_at", True): free[::-1],
        ("updated_at", False): free,
        ("price", False): sorted(free, key=lambda n: (n % 7, n)),
        ("price", True): sorted(free, key=lambda n: (n % 7, n), reverse=True),
    }
    for (sort, descending), expected in orders.items():
        seen: list[str] = []
        for page in range(1, 20):
            found = await search(client, visitor, sortBy=sort, descending=descending, perPage=13, page=page)
            seen += [item["user"]["name"] for item in found["data"]]
            if not found["meta"]["has_more"]:
                assert found["meta"]["total"] == len(free)
                break
            assert len(found["data"]) == 13
        assert seen == [f"{n:03}" for n in expected], (sort, descending)


async def test_several_hosts(client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime) -> None:
    """A round robin is free when anybody is, a collective when all are."""
    people = await add_crowd(conn, [Sketch(name=f"Host {n}", is_private=True) for n in range(2)], now=now)
    teams = [Sketch(name=one, rules=rules(assignment=one)) for one in ("round_robin", "collective")]
    made = await add_crowd_beside(conn, teams, now=now)
    for _, schedule in made:
        for person, _ in people:
            await conn.execute(
                "INSERT INTO schedule_member VALUES (%s, %s, 3, 1, 1, NULL, %s, %s)", [schedule, person, now, now]
            )
    assert sorted(await names(client, visitor)) == ["collective", "round_robin"]
    await make_busy(conn, whole_days(people[0][0], MONDAY, 15), now=now)
    assert await names(client, visitor) == ["round_robin"]
    await make_busy(conn, whole_days(people[1][0], MONDAY, 15), now=now)
    assert await names(client, visitor) == []


async def add_crowd_beside(conn: Connection, sketches: list[Sketch], *, now: datetime) -> list[tuple[int, int]]:
    from tests.schedules.crowd import add_batch

    return await add_batch(conn, sketches, 1000, now=now)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"start": "2027-03-04T00:00:00Z", "end": "2027-03-03T00:00:00Z"}, "end"),
        ({"end": "2028-03-04T00:00:00Z"}, "end"),
        ({"start": "9999-12-31T23:59:59-12:00"}, "start"),
        ({"hours": {"from": "18:00", "to": "09:00"}}, "hours.to"),
        ({"hours": {"from": "24:30"}}, "hours.from"),
        ({"days": [7]}, "days.0"),
        ({"perPage": 101}, "perPage"),
        ({"page": 0}, "page"),
        ({"query": "x" * 201}, "query"),
        ({"sortBy": "owner"}, "sortBy"),
        ({"skills": ["law"]}, "skills.0"),
    ],
)
async def test_invalid(
    client: httpx.AsyncClient, visitor: Someone, now: datetime, body: dict[str, Any], field: str
) -> None:
    reply = await client.post("/schedule/search", json=body, headers=visitor.headers)
    assert reply.status_code == 422, reply.text
    assert field in reply.json()["errors"], reply.text


async def test_nobody_signed_in(client: httpx.AsyncClient) -> None:
    reply = await client.post("/schedule/search", json={})
    assert (reply.status_code, list(reply.json())) == (401, ["message"])


async def test_a_window_in_the_past_is_empty(
    client: httpx.AsyncClient, conn: Connection, visitor: Someone, now: datetime
) -> None:
    await add_crowd(conn, [Sketch(name="Anna")], now=now)
    past = {"start": "2027-02-01T00:00:00Z", "end": (MONDAY + timedelta(hours=9, minutes=30)).isoformat()}
    [item] = (await search(client, visitor, **past))["data"]
    assert [slot["start"][11:16] for slot in item["slots"]] == ["08:00", "08:30", "09:00"]
