"""Where freelancers take their money: a code by SMS, a link to a page, the data typed there (customer-api.md
"Money out")."""

import uuid as uuids
from datetime import datetime

import msgspec
from psycopg.types.json import Jsonb

from artel.db.pool import Connection
from artel.db.rows import fetch_one, fetch_value
from artel.errors import NotFound, Refused
from artel.freelancers.queries import FreelancerRow
from artel.operations import audit, events
from artel.payouts.auto_pay import clear_choice, hold_choice
from artel.payouts.details import BANK_ACCOUNT, CARD, WALLET, NewEndpoint
from artel.payouts.errors import EndpointExists, FreelancerHasNoPhone
from artel.people.errors import LinkGone
from artel.people.links import Link, check_redirect_url, make_link, open_link, use_link
from artel.people.proof import lock_provable
from artel.people.two_factor import CodeAsked, ask_by_sms, take_sms, take_totp

PURPOSE = "payout_endpoint"  # of the code and of the link
PAGE = "/payout-endpoint"  # where links lead; the token follows
LINK_LIFETIME_S = 3600
# What a web hook calls each type of endpoint (M, "WebHooks").
HOOK_NAMES = {CARD: "card", WALLET: "wallet", BANK_ACCOUNT: "bankAccount"}
CARD_ADDED, CARD_REMOVED = 4, 7
OTHER_ADDED, OTHER_REMOVED = 1, 2


class Started(msgspec.Struct, frozen=True):
    """The way to the page, and the uuid that the endpoint will have."""

    token: str
    uuid: uuids.UUID


class Wanted(msgspec.Struct, frozen=True):
    """What a link's page is to ask for. `subtype` is None for a card: its number tells the brand."""

    uuid: uuids.UUID
    type: int
    subtype: int | None


async def request_endpoint_code(
    conn: Connection, freelancer: FreelancerRow, *, company_id: int, actor_id: int, now: datetime
) -> CodeAsked:
    """Send the freelancer the code that a new endpoint needs; one whose second factor is an authenticator reads it
    there (S, "Запросить код для добавления нового платежного инструмента").

    A company asks from one address for its whole team, so codes are not counted by address here.
    Refuses: FreelancerHasNoPhone, also where the company may not know the number; TooMany.
    """
    person = await lock_provable(conn, freelancer.id)
    if not freelancer.shares_contacts or (person.two_factor != "google" and not person.phone):
        raise FreelancerHasNoPhone
    asked = (
        CodeAsked("google")
        if person.two_factor == "google"
        else await ask_by_sms(conn, person, purpose=PURPOSE, now=now)
    )
    await audit.record(
        conn,
        "payout_endpoint.code_requested",
        subject="freelancer",
        subject_id=freelancer.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
    )
    return asked


async def start_endpoint(
    conn: Connection,
    freelancer: FreelancerRow,
    *,
    type: int,
    subtype: int | None,
    code: str,
    redirect_url: str | None,
    allow_private: bool,
    company_id: int,
    actor_id: int,
    now: datetime,
) -> Started | Refused:
    """Make the link to the page for a new endpoint, for whoever has the code that the freelancer was sent.

    A refused code counts: the refusal is returned, so that the edge commits the count and then raises it. What is
    wrong with `redirect_url` is said before the code is looked at, and costs no attempt.
    Refuses: RedirectUrlRefused; CodeWrong, CodeExpired and TooMany, as said.
    """
    if redirect_url is not None:
        check_redirect_url(redirect_url, allow_private=allow_private)
    person = await lock_provable(conn, freelancer.id)
    if person.two_factor == "google":
        refusal = await take_totp(conn, person, code=code, now=now)
    else:
        refusal = await take_sms(conn, person, purpose=PURPOSE, code=code, now=now)
    if refusal is not None:
        return refusal
    uuid = uuids.uuid4()
    token = await make_link(
        conn,
        purpose=PURPOSE,
        person_id=freelancer.id,
        company_id=company_id,
        facts={"uuid": str(uuid), "type": type, "subtype": subtype},
        redirect_url=redirect_url,
        lifetime_s=LINK_LIFETIME_S,
        now=now,
    )
    await audit.record(
        conn,
        "payout_endpoint.started",
        subject="freelancer",
        subject_id=freelancer.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        uuid=str(uuid),
        type=type,
    )
    return Started(token, uuid)


async def open_endpoint_link(conn: Connection, token: str, *, now: datetime) -> tuple[Link, Wanted]:
    """What a link asks its visitor for. Refuses: LinkGone."""
    link = await open_link(conn, token, purpose=PURPOSE, now=now)
    return link, msgspec.convert(link.facts, Wanted)


async def add_endpoint(conn: Connection, token: str, endpoint: NewEndpoint, *, now: datetime) -> Link:
    """Keep what the freelancer typed, spend the link, and tell every company of their team.

    Refuses: LinkGone, also for a link that asks for something else; EndpointExists, which leaves the link as it was.
    """
    link = await use_link(conn, token, purpose=PURPOSE, now=now)
    wanted = msgspec.convert(link.facts, Wanted)
    if endpoint.type != wanted.type or wanted.subtype not in (None, endpoint.subtype):
        raise LinkGone
    if endpoint.auto_pay:  # the newest choice counts
        await hold_choice(conn, link.person_id)
        await clear_choice(conn, link.person_id)
    endpoint_id = await fetch_value(
        conn,
        """
        INSERT INTO payout_endpoint
            (uuid, freelancer_id, type, subtype, currency, number, holder, expires, country, bank, processor_token,
             status, auto_pay, created_at)
        VALUES
            (%(uuid)s, %(freelancer)s, %(type)s, %(subtype)s, %(currency)s, %(number)s, %(holder)s, %(expires)s,
             %(country)s, %(bank)s, %(processor_token)s, %(status)s, %(auto_pay)s, %(now)s)
        ON CONFLICT (freelancer_id, type, number) WHERE removed_at IS NULL AND type <> 1 DO NOTHING
        RETURNING id
        """,
        msgspec.structs.asdict(endpoint)
        | {
            "uuid": wanted.uuid,
            "freelancer": link.person_id,
            "bank": Jsonb(endpoint.bank),
            "status": CARD_ADDED if endpoint.type == CARD else OTHER_ADDED,
            "now": now,
        },
    )
    if endpoint_id is None:
        raise EndpointExists
    await audit.record(
        conn,
        "payout_endpoint.added",
        subject="payout_endpoint",
        subject_id=endpoint_id,
        actor_id=link.person_id,
        company_id=link.company_id,
        now=now,
        type=endpoint.type,
        subtype=endpoint.subtype,
    )
    await tell_team(conn, "Added", type=endpoint.type, uuid=wanted.uuid, freelancer_id=link.person_id, now=now)
    return link


class _Removed(msgspec.Struct):
    id: int
    uuid: uuids.UUID


async def remove_endpoint(
    conn: Connection,
    freelancer: FreelancerRow,
    *,
    type: int,
    endpoint: int | uuids.UUID,
    company_id: int,
    actor_id: int,
    now: datetime,
) -> None:
    """Take an endpoint out of use. Payouts already made to it go on; its row stays for the books.

    Refuses: NotFound for one that is not the freelancer's or not of this type, and for one removed before.
    """
    row = await fetch_one(
        conn,
        _Removed,
        """
        UPDATE payout_endpoint
        SET removed_at = %(now)s, status = %(removed)s, auto_pay = false
        WHERE (id = %(id)s OR uuid = %(uuid)s) AND freelancer_id = %(freelancer)s AND type = %(type)s
            AND removed_at IS NULL AND %(may)s
        RETURNING id, uuid
        """,
        {
            "id": endpoint if isinstance(endpoint, int) else None,
            "uuid": endpoint if isinstance(endpoint, uuids.UUID) else None,
            "freelancer": freelancer.id,
            "type": type,
            "may": freelancer.shares_contacts,
            "removed": CARD_REMOVED if type == CARD else OTHER_REMOVED,
            "now": now,
        },
    )
    if row is None:
        raise NotFound("payout_endpoint")
    await audit.record(
        conn,
        "payout_endpoint.removed",
        subject="payout_endpoint",
        subject_id=row.id,
        actor_id=actor_id,
        company_id=company_id,
        now=now,
        type=type,
    )
    await tell_team(conn, "Removed", type=type, uuid=row.uuid, freelancer_id=freelancer.id, now=now)


async def tell_team(
    conn: Connection, what: str, *, type: int, uuid: uuids.UUID, freelancer_id: int, now: datetime
) -> None:
    """cardAdded, walletRemoved, … to every company of the freelancer's team. `id` is the uuid there too (M)."""
    cursor = await conn.execute(
        "SELECT company_id FROM team_member WHERE freelancer_id = %(freelancer)s AND ended_at IS NULL",
        {"freelancer": freelancer_id},
    )
    company_ids = [row[0] for row in await cursor.fetchall()]
    payload: dict[str, object] = {"id": str(uuid), "ownerId": freelancer_id, "uuid": str(uuid)}
    await events.announce(conn, f"{HOOK_NAMES[type]}{what}", payload, company_ids=company_ids, now=now)
