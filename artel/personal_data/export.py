"""Everything that is kept about a person, for that person (the right of access)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, LiteralString

from psycopg.sql import SQL

from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import NotFound
from artel.operations import audit

# What is kept -> how it is found. Secrets are left out: hashes, keys, codes.
SECTIONS: Mapping[str, LiteralString] = {
    "person": """
        SELECT id, uuid, email, username, phone, language, first_name, middle_name, last_name, birth_date,
            birth_country, citizenship, country, state, city, address, postal_code, two_factor, is_operator,
            email_confirmed_at, phone_confirmed_at, created_at, timezone, currency, languages, about, education,
            birth_time, birth_city, photo_file_id, cv_file_id, links, salary, settings
        FROM person
        WHERE id = %(person)s
    """,
    "skills": """
        SELECT s.name
        FROM person_skill AS ps
        JOIN skill AS s ON s.id = ps.skill_id
        WHERE ps.person_id = %(person)s
        ORDER BY s.id
    """,
    "documents_shown": """
        SELECT file_id, added_at FROM person_document WHERE person_id = %(person)s ORDER BY file_id
    """,
    "freelancer": "SELECT * FROM freelancer WHERE person_id = %(person)s",
    "tax_info": "SELECT * FROM tax_info WHERE person_id = %(person)s",
    "tax_status_changes": "SELECT * FROM taxation_change WHERE freelancer_id = %(person)s ORDER BY id",
    "companies": """
        SELECT co.name AS company, m.role, m.created_at, m.ended_at
        FROM company_member AS m
        JOIN company AS co ON co.id = m.company_id
        WHERE m.person_id = %(person)s
        ORDER BY m.created_at
    """,
    "teams": """
        SELECT co.name AS company, m.first_name, m.last_name, m.note, m.specialization, m.invited_at, m.joined_at,
            m.ended_at
        FROM team_member AS m
        JOIN company AS co ON co.id = m.company_id
        WHERE m.freelancer_id = %(person)s
        ORDER BY m.invited_at
    """,
    "agreements": """
        SELECT t.version, t.title_en, t.title_ru, s.signed_at, s.signed_by, s.address
        FROM agreement_signature AS s
        JOIN agreement_template AS t ON t.id = s.template_id
        WHERE s.person_id = %(person)s
        ORDER BY s.signed_at
    """,
    "documents_signed": """
        SELECT t.uuid AS task, f.title_en, f.title_ru, s.signed_at, s.signed_from,
            s.signed_by = %(person)s AS by_oneself
        FROM task_acceptance_file AS s
        JOIN task AS t ON t.id = s.task_id
        JOIN acceptance_file AS f ON f.id = s.acceptance_file_id
        WHERE t.freelancer_id = %(person)s AND s.signed_at IS NOT NULL
        ORDER BY s.signed_at
    """,
    "tasks": """
        SELECT uuid, title, description, state, worker_price, amount_for_worker, worker_currency, deadline, created_at,
            finished_at, accepted_at, paid_at
        FROM task
        WHERE freelancer_id = %(person)s
        ORDER BY id
    """,
    "messages": """
        SELECT t.uuid AS task, m.text, m.created_at
        FROM task_message AS m
        JOIN task AS t ON t.id = m.task_id
        WHERE m.author_id = %(person)s
        ORDER BY m.id
    """,
    "files": "SELECT id, name, content_type, size_bytes, created_at FROM file WHERE owner_id = %(person)s ORDER BY id",
    "calendars": """
        SELECT label, slug, description, icon, timezone, is_private, is_default, external_id, settings, created_at,
            updated_at, deleted_at
        FROM calendar
        WHERE person_id = %(person)s
        ORDER BY id
    """,
    "events_of_calendars": """
        SELECT c.label AS calendar, e.label, e.description, e.timezone, e.starts_at, e.ends_at, e.type_id, e.status_id,
            e.amount, e.currency, e.is_private, e.data, e.created_at, e.updated_at, e.deleted_at
        FROM calendar AS c
        JOIN calendar_event AS e ON e.calendar_id = c.id
        WHERE c.person_id = %(person)s
        ORDER BY e.id
    """,
    "payout_methods": """
        SELECT type, subtype, currency, number, holder, expires, country, bank, status, auto_pay, created_at, removed_at
        FROM payout_endpoint
        WHERE freelancer_id = %(person)s
        ORDER BY id
    """,
    "payouts": """
        SELECT uuid, status, currency, amount, endpoint_currency, endpoint_amount, completed_amount, returned_amount,
            created_at, finished_at, reason
        FROM payout
        WHERE freelancer_id = %(person)s
        ORDER BY id
    """,
    "balance_movements": """
        SELECT t.kind, t.at, p.amount, a.currency
        FROM account AS a
        JOIN posting AS p ON p.account_id = a.id
        JOIN transfer AS t ON t.id = p.transfer_id
        WHERE a.owner_kind = 'person' AND a.owner_id = %(person)s
        ORDER BY t.id
    """,
    "verifications": """
        SELECT document, status, reason_en, reason_ru, provider, created_at, submitted_at, decided_at
        FROM verification
        WHERE freelancer_id = %(person)s
        ORDER BY id
    """,
    "bookings": """
        SELECT e.label, e.description, e.starts_at, e.ends_at, e.status_id AS event_status, a.role_id, a.status_id,
            a.price, a.currency, a.payment_status_id, a.refunded, a.timezone, a.note, a.visitor_name, a.visitor_phone,
            a.created_at
        FROM event_attendee AS a
        JOIN calendar_event AS e ON e.id = a.event_id
        WHERE a.person_id = %(person)s
        ORDER BY a.id
    """,
    "schedules": """
        SELECT label, slug, description, type_id, is_private, timezone, starts_at, ends_at, notice_minutes, price,
            currency, settings, created_at, updated_at, deleted_at
        FROM schedule
        WHERE owner_id = %(person)s
        ORDER BY id
    """,
    "schedule_memberships": """
        SELECT s.label AS schedule, m.role_id, m.read_level, m.write_level, m.created_at, m.accepted_at
        FROM schedule_member AS m
        JOIN schedule AS s ON s.id = m.schedule_id
        WHERE m.person_id = %(person)s
        ORDER BY m.created_at, s.id
    """,
    "event_reminders": """
        SELECT e.label, l.kind, l.due_at, l.sent_at
        FROM event_letter AS l
        JOIN calendar_event AS e ON e.id = l.event_id
        WHERE l.person_id = %(person)s
        ORDER BY l.id
    """,
    "outside_calendars": """
        SELECT s.kind, s.direction, s.address, a.subject AS account, s.summary, s.description, s.timezone, s.created_at,
            s.last_synced_at, s.error, s.deleted_at
        FROM calendar_source AS s
        LEFT JOIN google_account AS a ON a.id = s.account_id
        WHERE s.person_id = %(person)s
        ORDER BY s.id
    """,
    "google_accounts": """
        SELECT subject AS account, calendars, created_at, broken_at, deleted_at
        FROM google_account
        WHERE person_id = %(person)s
        ORDER BY id
    """,
    "events_of_outside_calendars": """
        SELECT e.label, e.description, e.timezone, e.starts_at, e.ends_at, e.external_id
        FROM calendar_event AS e
        JOIN calendar_source AS s ON s.id = e.source_id
        WHERE s.person_id = %(person)s
        ORDER BY e.id
    """,
    "sessions": """
        SELECT created_at, expires_at, ended_at, end_reason, address, user_agent
        FROM session
        WHERE person_id = %(person)s
        ORDER BY created_at
    """,
    "mail_and_sms": """
        SELECT m.channel, m.subject, m.created_at, m.sent_at
        FROM message AS m
        JOIN person AS p ON m.recipient IN (p.email, p.phone, '+' || p.phone)
        WHERE p.id = %(person)s
        ORDER BY m.id
    """,
    "contacts": """
        SELECT email, label, description, pinned_at, created_at, updated_at, deleted_at
        FROM contact
        WHERE owner_id = %(person)s
        ORDER BY id
    """,
    "addresses_told": """
        SELECT field, at, viewer_id, person_id
        FROM profile_reveal
        WHERE viewer_id = %(person)s OR person_id = %(person)s
        ORDER BY id
    """,
    "profile_corrections": """
        SELECT subject_id AS person_id, proposer_id, field, old_value, new_value, status, created_at, settled_at
        FROM correction
        WHERE subject = 'person' AND (subject_id = %(person)s OR proposer_id = %(person)s)
        ORDER BY id
    """,
    "actions": "SELECT at, action, subject, subject_id FROM audit WHERE actor_id = %(person)s ORDER BY id",
}


async def export_person(conn: Connection, person_id: int, *, actor_id: int | None, now: datetime) -> dict[str, Any]:
    """Each of SECTIONS as a list of what is kept. The reading itself is audited. Refuses: NotFound."""
    found: dict[str, Any] = {}
    for name, sql in SECTIONS.items():
        found[name] = await fetch_value(
            conn,
            SQL("SELECT coalesce(jsonb_agg(to_jsonb(kept)), '[]') FROM ({section}) AS kept").format(section=SQL(sql)),
            {"person": person_id},
        )
    if not found["person"]:
        raise NotFound("person")
    await audit.record(
        conn,
        "person.exported",
        subject="person",
        subject_id=person_id,
        actor_id=actor_id,
        company_id=None,
        now=now,
    )
    return found
