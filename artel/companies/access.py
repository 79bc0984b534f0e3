"""Who may do what for which company.

The one query here is the door of the customer API: it turns a token's claims into a Member, or says no. Roles and
their rights are data, so that pages and the API answer alike.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import LiteralString

import msgspec

from artel.db.reads import Read, Reader, Row
from artel.errors import NotAllowed
from artel.people.errors import SessionEnded
from artel.people.tokens import Claims


class Right(StrEnum):
    """What a member may do. Every route of the customer API names the one it needs."""

    SIGNED_IN = "signed_in"  # no company needed: profile, language, lookups
    VIEW = "view"
    TASKS = "tasks"  # create, publish, accept, decline, messages, files, groups
    TEAM = "team"  # invite, edit and remove freelancers, their payout endpoints
    PAY = "pay"  # pay, quick-pay, payouts
    COMPANY = "company"  # settings, address, web hooks


ROLE_RIGHTS: dict[str, frozenset[Right]] = {
    "owner": frozenset(Right),
    "accountant": frozenset({Right.SIGNED_IN, Right.VIEW, Right.PAY}),
    "manager": frozenset({Right.SIGNED_IN, Right.VIEW, Right.TASKS, Right.TEAM}),
    "viewer": frozenset({Right.SIGNED_IN, Right.VIEW}),
}


class Person(msgspec.Struct, frozen=True):
    """Somebody signed in."""

    person_id: int
    session_id: uuid.UUID
    language: str
    company_id: int | None  # the active company, when they are a member of it


class Member(Person, frozen=True):
    """Somebody signed in and acting for a company."""

    company_id: int
    role: str
    currency: str
    acts_for_freelancers: bool

    @property
    def rights(self) -> frozenset[Right]:
        return ROLE_RIGHTS[self.role]


DOOR: LiteralString = """
    SELECT s.id, p.language, m.company_id, m.role, c.currency, c.acts_for_freelancers
    FROM session AS s
    JOIN person AS p ON p.id = s.person_id
    LEFT JOIN company_member AS m
        ON m.person_id = s.person_id AND m.company_id = %(company)s::bigint AND m.ended_at IS NULL
    LEFT JOIN company AS c ON c.id = m.company_id
    WHERE s.id = %(session)s AND s.person_id = %(person)s AND s.ended_at IS NULL AND s.expires_at > %(now)s
"""


class Entrance(msgspec.Struct, frozen=True):
    """Somebody with checked claims at the door: which company they ask for, and the right the door is to see."""

    claims: Claims
    company_id: int | None  # asked for by name; None: the token's own
    right: Right
    now: datetime

    @property
    def read(self) -> Read:
        """What the door asks the database."""
        return Read(
            DOOR,
            {
                "session": self.claims.session_id,
                "person": self.claims.person_id,
                "company": self.wanted_company_id,
                "now": self.now,
            },
        )

    @property
    def wanted_company_id(self) -> int | None:
        return self.claims.company_id if self.company_id is None else self.company_id


async def enter(reader: Reader, entrance: Entrance, *reads: Read) -> tuple[Person | Member, list[list[Row]]]:
    """Let the bearer in, for the company asked for or the token's own; with them come the rows of `reads`.

    The reads go with the door's own. They may name `wanted_company_id`, since nothing of them is answered
    unless its bearer is let in.
    Refuses: SessionEnded; NotAllowed("no_company") for somebody who is not, or no longer, a member of the company
    asked for (whether it exists is not told); NotAllowed("forbidden") where the role lacks the right.
    """
    found, *rows = await reader.read(entrance.read, *reads)
    return _let_in(entrance, found), rows


def _let_in(entrance: Entrance, found: list[Row]) -> Person | Member:
    if not found:
        raise SessionEnded
    session_id, language, company_id, role, currency, acts_for_freelancers = found[0]
    claims = entrance.claims
    if _str(session_id) != str(claims.session_id):  # answers come in order; nobody enters should they ever not
        raise SessionEnded
    person = Person(claims.person_id, claims.session_id, _str(language), None)
    if company_id is None or role is None:
        if entrance.right is Right.SIGNED_IN and entrance.company_id is None:
            return person
        raise NotAllowed("no_company")
    if entrance.right not in ROLE_RIGHTS[_str(role)]:
        raise NotAllowed
    return Member(
        claims.person_id,
        claims.session_id,
        _str(language),
        int(company_id),
        _str(role),
        _str(currency),
        acts_for_freelancers == b"t",
    )


def _str(value: bytes | None) -> str:
    assert value is not None
    return value.decode()
