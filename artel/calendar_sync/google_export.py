"""Giving our meetings to a Google calendar."""

import base64
from datetime import UTC
from typing import Any

from artel.calendar_sync.exporting import give
from artel.calendar_sync.exports import Change, Told
from artel.calendar_sync.google_accounts import with_token
from artel.calendar_sync.sources import Taken
from artel.calendar_sync.tools import Tools

ID_BYTES = 20  # 32 letters


async def export_to_google(tools: Tools, taken: Taken) -> None:
    """Raises SyncFailed."""

    async def tell(change: Change) -> Told:
        google_id = google_id_of(tools, change.id)
        told = Told(change, google_id, f"{google_id}@google.com")

        async def work(token: str) -> None:
            if not change.is_wanted:
                await tools.google.delete(token, taken.address, google_id)
                return
            event = google_event(change)
            is_known = change.remote_id is not None
            if is_known and await tools.google.update(token, taken.address, google_id, event) is not None:
                return
            if await tools.google.insert(token, taken.address, {**event, "id": google_id}) is None:
                # It is there: told by a worker that died before it could note so, or deleted there since.
                await tools.google.update(token, taken.address, google_id, event)

        await with_token(tools, taken.account_id, work)
        return told

    await give(tools, taken, tell)


def google_id_of(tools: Tools, event_id: int) -> str:
    """The same for the same event for good; Google takes the letters of base32hex. Not the number itself: other
    installations may write into the same calendar."""
    digest = tools.locker.derive("google event", str(event_id))[:ID_BYTES]
    return "artel" + base64.b32hexencode(digest).decode().lower().rstrip("=")


def google_event(change: Change) -> dict[str, Any]:
    def at(instant: Any) -> dict[str, str]:
        return {"dateTime": instant.astimezone(UTC).isoformat(timespec="seconds"), "timeZone": change.timezone}

    return {
        "summary": change.label,
        "description": change.description or "",
        "start": at(change.starts_at),
        "end": at(change.ends_at),
        "status": "confirmed",
        "transparency": "opaque",
        "visibility": "private" if change.is_private else "default",
        "extendedProperties": {"private": {"artelEvent": str(change.id)}},
    }
