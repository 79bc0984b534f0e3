"""Reads about the agreement: its versions, and who has yet to sign."""

import uuid
from datetime import datetime

import msgspec

from artel.db.pool import Connection
from artel.db.rows import fetch_all, fetch_value


class PublishedRow(msgspec.Struct, frozen=True):
    """A version and how many have signed it."""

    uuid: uuid.UUID
    version: int
    title_ru: str
    title_en: str
    published_at: datetime
    signatures: int


async def list_agreements(conn: Connection) -> list[PublishedRow]:
    """Every version, the one in force first."""
    return await fetch_all(
        conn,
        PublishedRow,
        """
        SELECT t.uuid, t.version, t.title_ru, t.title_en, t.published_at, count(s.person_id) AS signatures
        FROM agreement_template AS t
        LEFT JOIN agreement_signature AS s ON s.template_id = t.id
        GROUP BY t.id
        ORDER BY t.version DESC
        """,
    )


async def has_agreement_to_sign(conn: Connection, freelancer_id: int) -> bool:
    """Whether the version in force is yet to be signed by somebody."""
    unsigned: bool = await fetch_value(
        conn,
        """
        SELECT EXISTS (
            SELECT
            FROM (SELECT id FROM agreement_template ORDER BY version DESC LIMIT 1) AS newest
            WHERE NOT EXISTS (
                SELECT
                FROM agreement_signature AS s
                WHERE s.template_id = newest.id AND s.person_id = %(freelancer)s
            )
        )
        """,
        {"freelancer": freelancer_id},
    )
    return unsigned
