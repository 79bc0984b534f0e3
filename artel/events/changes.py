"""Changing an event: at once by whoever may, else as proposals that everybody concerned votes on.

What tells of the event (TELLING) is changed at once by whoever writes it, and by a host alone in it. What binds the
others (when it is, its price, its status, who is paid) only where nobody else is concerned. The rest is proposed: a
row each decision, and what belongs together is one: `time` is start, end and zone, `amount` has its currency.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from artel.corrections import rules as corrections
from artel.corrections.rules import Correction
from artel.db.pool import Connection
from artel.errors import NotAllowed, Refused
from artel.events.access import EventAccess, Side, access_event
from artel.events.applying import apply_change, current_value
from artel.events.booking import lock_hosts_of_event
from artel.events.change_checks import Wanted, check_changes, check_offered, wanted_values
from artel.events.change_errors import EventChanged, EventFromOutside
from artel.events.letters import tell
from artel.events.proposals import ask_concerned, close_proposals, reject_proposal, take_agreed
from artel.events.queries import event_by_id
from artel.events.views import concerned_in

TELLING = frozenset({"label", "description", "private", "files", "attendees"})
SUPERSEDED = "event_changed"


async def change_event(
    conn: Connection, person_id: int, event_id: int, wanted: Wanted, *, language: str, now: datetime
) -> None:
    """Change what the person may change alone, and propose the rest. What is as it is wanted already is left out.

    Refuses: NotFound; NotAllowed for who only looks, or has nobody to ask; EventFromOutside; what `check_changes`
    and `apply_change` refuse.
    """
    await lock_for_change(conn, person_id, event_id)
    access = await access_event(conn, person_id, event_id, lock=True)
    if access.side is Side.LOOKING:
        raise NotAllowed
    if access.event.creator_id is None:
        raise EventFromOutside
    changes = await wanted_values(conn, access, wanted, language=language, now=now)
    await check_changes(conn, access, changes, now=now)
    others = set((await concerned_in(conn, access, now=now)).people) - {person_id}
    proposed = {}
    for field, (old, new) in changes.items():
        if is_direct(access, field, has_others=bool(others)):
            await apply_change(conn, event_id, field, new, actor_id=person_id, is_agreed=False, now=now)
            await supersede(conn, event_id, field, now=now)
        else:
            proposed[field] = (old, new)
    if not proposed:
        return
    if not others:
        raise NotAllowed
    if "time" in proposed:
        await check_offered(conn, access, proposed["time"][1], now=now)
    await withdraw_own(conn, event_id, list(proposed), proposer_id=person_id, now=now)
    await corrections.propose(conn, "event", event_id, proposed, proposer_id=person_id, voters=sorted(others), now=now)
    await tell(
        conn, "proposed", [event_id], to=others, facts={"actor_id": person_id, "fields": sorted(proposed)}, now=now
    )


def is_direct(access: EventAccess, field: str, *, has_others: bool) -> bool:
    if field in TELLING and access.may_write:
        return True
    return access.is_host and not has_others


async def lock_for_change(conn: Connection, person_id: int, event_id: int) -> None:
    """Lock what moving an event locks, in that order and before the event's row (spans.py): a vote and a booking of the
    same time then wait for each other. Refuses: NotFound, before anybody is held up."""
    access = await access_event(conn, person_id, event_id)
    await conn.execute("SELECT FROM schedule WHERE id = %(id)s FOR SHARE", {"id": access.event.schedule_id})
    await lock_hosts_of_event(conn, event_id)


async def withdraw_own(
    conn: Connection, event_id: int, fields: Sequence[str], *, proposer_id: int, now: datetime
) -> None:
    """A new proposal takes the place of one's own that is still open."""
    rows = await corrections.corrections_of(conn, "event", event_id)
    ids = [row.id for row in rows if row.proposer_id == proposer_id and row.status == "open" and row.field in fields]
    if ids:
        await corrections.withdraw(conn, "event", ids, proposer_id=proposer_id, now=now)


async def vote_on_changes(
    conn: Connection, person_id: int, event_id: int, ids: Sequence[int], *, is_yes: bool, now: datetime
) -> Refused | None:
    """Say yes or no. The last "yes" makes the change; where it cannot be made any more, the proposal is rejected with
    the reason, and that refusal is answered: the caller commits and tells it to the voter.

    Refuses: NotFound, NotAsked, CorrectionSettled.
    """
    await lock_for_change(conn, person_id, event_id)
    access = await access_event(conn, person_id, event_id, lock=True)
    await ask_concerned(conn, event_id, (await concerned_in(conn, access, now=now)).people)
    verdict = await corrections.vote(
        conn, "event", ids, subject_id=event_id, voter_id=person_id, is_yes=is_yes, now=now
    )
    for proposal in verdict.rejected:
        facts = {"actor_id": person_id, "fields": [proposal.field]}
        await tell(conn, "rejected", [event_id], to=[proposal.proposer_id], facts=facts, now=now)
    failures = await make_changes(conn, event_id, verdict.applied, now=now)
    failures += await make_changes(conn, event_id, await take_agreed(conn, event_id, now=now), now=now)
    return failures[0] if failures else None


async def settle_agreed(conn: Connection, access: EventAccess, *, now: datetime) -> None:
    """Somebody has left the event: what all who remain have agreed to is made. The caller holds what
    `lock_for_change` and `access_event` lock."""
    await ask_concerned(conn, access.event.id, (await concerned_in(conn, access, now=now)).people)
    await make_changes(conn, access.event.id, await take_agreed(conn, access.event.id, now=now), now=now)


async def make_changes(
    conn: Connection, event_id: int, agreed: Sequence[Correction], *, now: datetime
) -> list[Refused]:
    """Make what has been agreed, each change wholly or not at all; answers why some could not be."""
    failures: list[Refused] = []
    for proposal in agreed:
        try:
            async with conn.transaction():
                await make_change(conn, event_id, proposal, now=now)
        except Refused as refusal:
            failures.append(refusal)
            await reject_proposal(conn, proposal.id, reason=refusal.code, now=now)
            facts: dict[str, Any] = {"fields": [proposal.field], "reason": refusal.code}
            await tell(conn, "rejected", [event_id], to=[proposal.proposer_id], facts=facts, now=now)
        else:
            await supersede(conn, event_id, proposal.field, now=now)
    return failures


async def make_change(conn: Connection, event_id: int, proposal: Correction, *, now: datetime) -> None:
    event = await event_by_id(conn, event_id)
    if msgspec.json.encode(await current_value(conn, event, proposal.field), order="sorted") != msgspec.json.encode(
        proposal.old_value, order="sorted"
    ):
        raise EventChanged
    await apply_change(
        conn,
        event_id,
        proposal.field,
        proposal.new_value,
        actor_id=proposal.proposer_id,
        is_agreed=True,
        now=now,
    )


async def supersede(conn: Connection, event_id: int, field: str, *, now: datetime) -> None:
    """Other proposals for what has just changed speak of something that is not so any more."""
    await close_proposals(conn, event_id, reason=SUPERSEDED, fields=[field], now=now)
