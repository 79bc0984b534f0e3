"""Proposals and their votes: what decides one, and that parallel votes and withdrawals decide it once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from artel import clock
from artel.corrections import rules
from artel.corrections.errors import CorrectionSettled, NotAsked
from artel.corrections.rules import Correction, Verdict, corrections_of
from artel.db.pool import Connection, Database
from artel.db.rows import fetch_value
from artel.errors import NotFound
from tests import cast

SUBJECT = 60_001


@pytest.fixture
def now() -> datetime:
    return clock.now().astimezone(UTC)


@pytest.fixture
async def people(conn: Connection, now: datetime) -> list[int]:
    """A proposer and two who are asked; last a stranger."""
    return [await cast.add_person(conn, f"{name}@example.test", now=now) for name in ("anna", "boris", "vera", "gleb")]


async def propose(
    conn: Connection, people: list[int], *, now: datetime, subject_id: int = SUBJECT, **changes: Any
) -> list[Correction]:
    return await rules.propose(
        conn,
        "event",
        subject_id,
        changes or {"label": ("Old", "New")},
        proposer_id=people[0],
        voters=people[:3],
        now=now,
    )


async def vote(
    conn: Connection, made: Sequence[Correction], voter: int, is_yes: bool, *, now: datetime, **rest: Any
) -> Verdict:
    return await rules.vote(conn, "event", [row.id for row in made], voter_id=voter, is_yes=is_yes, now=now, **rest)


async def withdraw(conn: Connection, made: Sequence[Correction], who: int, *, now: datetime) -> list[Correction]:
    return await rules.withdraw(conn, "event", [row.id for row in made], proposer_id=who, now=now)


async def statuses(conn: Connection) -> list[str]:
    return [row.status for row in await corrections_of(conn, "event", SUBJECT)]


async def test_one_row_a_field(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now, label=("Old", "New"), files=([1], None), place=(None, {"room": "Б"}))
    assert [(row.field, row.old_value, row.new_value) for row in made] == [
        ("label", "Old", "New"),
        ("files", [1], None),
        ("place", None, {"room": "Б"}),
    ]
    assert {(row.subject, row.subject_id, row.proposer_id, row.status) for row in made} == {
        ("event", SUBJECT, people[0], "open")
    }
    assert all(row.voters == people[1:3] for row in made)
    assert await corrections_of(conn, "event", SUBJECT) == made
    assert await corrections_of(conn, "person", SUBJECT) == []


async def test_without_anybody_to_ask_there_is_no_proposal(conn: Connection, people: list[int], now: datetime) -> None:
    """One that only waits for its own proposer would wait for ever."""
    for voters in ([], [people[0]]):
        with pytest.raises(AssertionError):
            await rules.propose(
                conn, "event", SUBJECT, {"label": (1, 2)}, proposer_id=people[0], voters=voters, now=now
            )


async def test_all_yes_applies(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now, label=("Old", "New"), place=("A", "B"))
    assert await vote(conn, made, people[1], True, now=now) == Verdict([], [])
    assert await statuses(conn) == ["open", "open"]
    verdict = await vote(conn, made[:1], people[2], True, now=now)
    assert ([row.field for row in verdict.applied], verdict.rejected) == (["label"], [])
    assert [row.settled_at for row in verdict.applied] == [now]
    assert await statuses(conn) == ["applied", "open"]


async def test_one_no_rejects(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now)
    assert await vote(conn, made, people[1], True, now=now) == Verdict([], [])
    verdict = await vote(conn, made, people[2], False, now=now)
    assert (verdict.applied, [row.id for row in verdict.rejected]) == ([], [made[0].id])
    assert await statuses(conn) == ["rejected"]


async def test_a_vote_may_be_changed_while_it_is_open(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now)
    for is_yes in (True, True):
        assert await vote(conn, made, people[1], is_yes, now=now) == Verdict([], [])
    assert (await vote(conn, made, people[1], False, now=now)).rejected
    assert await fetch_value(conn, "SELECT count(*) FROM correction_vote") == 1


async def test_a_decided_one_takes_no_votes(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now)
    await vote(conn, made, people[1], False, now=now)
    for voter, is_yes in ((people[1], True), (people[2], True), (people[2], False)):
        with pytest.raises(CorrectionSettled):
            await vote(conn, made, voter, is_yes, now=now)
    with pytest.raises(NotFound):
        await withdraw(conn, made, people[0], now=now)


async def test_who_is_not_asked(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now)
    for voter in (people[0], people[3]):
        with pytest.raises(NotAsked):
            await vote(conn, made, voter, True, now=now)
    assert await fetch_value(conn, "SELECT count(*) FROM correction_vote") == 0


async def test_ids_that_are_not_all_there(conn: Connection, people: list[int], now: datetime) -> None:
    """Of another subject, of another kind, unknown, or none at all: nothing is done for the rest either."""
    made = await propose(conn, people, now=now)
    (other,) = await propose(conn, people, now=now, subject_id=SUBJECT + 1)
    for ids in ([made[0].id, other.id], [made[0].id, 1], []):
        with pytest.raises(NotFound):
            await rules.vote(conn, "event", ids, subject_id=SUBJECT, voter_id=people[1], is_yes=True, now=now)
    with pytest.raises(NotFound):
        await rules.vote(conn, "person", [made[0].id], voter_id=people[1], is_yes=True, now=now)
    for ids in ([made[0].id, 1], []):
        with pytest.raises(NotFound):
            await rules.withdraw(conn, "event", ids, proposer_id=people[0], now=now)
    assert await fetch_value(conn, "SELECT count(*) FROM correction_vote") == 0
    assert await statuses(conn) == ["open"]


async def test_withdrawing(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now, label=("Old", "New"), place=("A", "B"))
    for who in people[1:]:
        with pytest.raises(NotFound):
            await withdraw(conn, made, who, now=now)
    assert [row.status for row in await withdraw(conn, [*made, *made], people[0], now=now)] == ["withdrawn"] * 2
    assert await statuses(conn) == ["withdrawn", "withdrawn"]
    with pytest.raises(CorrectionSettled):
        await vote(conn, made, people[1], True, now=now)


async def test_each_step_is_audited(conn: Connection, people: list[int], now: datetime) -> None:
    made = await propose(conn, people, now=now)
    (other,) = await propose(conn, people, now=now, subject_id=SUBJECT + 1)
    await vote(conn, made, people[1], True, now=now)
    await vote(conn, [*made, other], people[1], True, now=now)
    await withdraw(conn, made, people[0], now=now)
    cursor = await conn.execute(
        "SELECT action, subject, subject_id, actor_id FROM audit WHERE subject = 'event' ORDER BY id"
    )
    assert await cursor.fetchall() == [
        ("correction.proposed", "event", SUBJECT, people[0]),
        ("correction.proposed", "event", SUBJECT + 1, people[0]),
        ("correction.voted", "event", SUBJECT, people[1]),
        ("correction.voted", "event", None, people[1]),
        ("correction.withdrawn", "event", SUBJECT, people[0]),
    ]


async def test_two_voters_at_once_decide_once(
    database: Database, conn: Connection, people: list[int], now: datetime
) -> None:
    """Neither overlooks the other's vote: of two last voters exactly one is told that it applies."""

    async def say_yes(made: list[Correction], voter: int) -> Verdict:
        async with database.transaction() as other:
            return await vote(other, made, voter, True, now=now)

    for _ in range(40):
        made = await propose(conn, people, now=now, label=("Old", "New"), place=("A", "B"))
        # Their ids in different orders, so that a lock taken in the order given would deadlock.
        verdicts = await asyncio.gather(say_yes(made, people[1]), say_yes(made[::-1], people[2]))
        assert sorted(len(verdict.applied) for verdict in verdicts) == [0, 2]
    assert set(await statuses(conn)) == {"applied"}


async def test_a_yes_and_a_no_at_once(database: Database, conn: Connection, people: list[int], now: datetime) -> None:
    async def say(made: list[Correction], voter: int, is_yes: bool) -> Verdict | None:
        try:
            async with database.transaction() as other:
                return await vote(other, made, voter, is_yes, now=now)
        except CorrectionSettled:
            return None

    for _ in range(20):
        made = await propose(conn, people, now=now)
        yes, no = await asyncio.gather(say(made, people[1], True), say(made, people[2], False))
        assert yes in (None, Verdict([], []))
        assert no is not None
        assert no.rejected
    assert set(await statuses(conn)) == {"rejected"}


async def test_a_vote_races_a_withdrawal(
    database: Database, conn: Connection, people: list[int], now: datetime
) -> None:
    """One of them wins, and the other is told so."""

    async def say_yes(made: list[Correction]) -> bool:
        try:
            async with database.transaction() as other:
                return bool((await vote(other, made, people[2], True, now=now)).applied)
        except CorrectionSettled:
            return False

    async def take_back(made: list[Correction]) -> bool:
        try:
            async with database.transaction() as other:
                await withdraw(other, made, people[0], now=now)
        except NotFound:
            return False
        return True

    won = set()
    for number in range(60):
        made = await propose(conn, people, now=now, label=("Old", "New"), place=("A", "B"))
        await vote(conn, made, people[1], True, now=now)
        racers = [say_yes(made), take_back(made)]
        if number % 2:
            racers.reverse()
        results = await asyncio.gather(*racers)
        applied, withdrawn = reversed(results) if number % 2 else results
        assert applied != withdrawn
        expected = "applied" if applied else "withdrawn"
        assert (await statuses(conn))[-2:] == [expected, expected]
        won.add(expected)
    assert won == {"applied", "withdrawn"}, "the race was no race"
