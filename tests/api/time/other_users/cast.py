"""What the tests of other people's profiles share."""

from typing import Any

import httpx

from tests.cast import Someone

PROFILE = {
    "name": "Boris Example",
    "timezone": "Europe/Berlin",
    "city": "Berlin",
    "about": "Paints ships",
    "education": "Academy of Arts",
    "languages": ["ru", "de"],
    "skills": ["Painting", "Ships"],
    "birthdate": "1990-05-17",
    "birthtime": "04:05",
    "birthcity": "Riga",
}


EMAIL, PHONE = "boris@example.test", "491701234567"


# What a profile must not tell: what is revealed by its own calls, or not at all.
SECRETS = (EMAIL, PHONE, "1990-05-17", "04:05", "Riga")


async def look(client: httpx.AsyncClient, who: Someone, whom: Someone | int) -> httpx.Response:
    person_id = whom if isinstance(whom, int) else whom.id
    replies = [await client.get(f"/{path}/{person_id}", headers=who.headers) for path in ("user", "otheruser")]
    assert len({reply.status_code for reply in replies}) == 1, "both show the same people"
    return replies[1]


async def propose(client: httpx.AsyncClient, who: Someone, whom: Someone, **changes: Any) -> list[dict[str, Any]]:
    reply = await client.put(f"/otheruser/{whom.id}", json=changes, headers=who.headers)
    assert reply.status_code == 200, reply.text
    corrections: list[dict[str, Any]] = reply.json()["corrections"]
    return corrections


async def open_ids(client: httpx.AsyncClient, who: Someone, whom: Someone) -> list[int]:
    return [row["id"] for row in (await look(client, who, whom)).json()["corrections"]]


async def own(client: httpx.AsyncClient, who: Someone) -> dict[str, Any]:
    profile: dict[str, Any] = (await client.get("/user", headers=who.headers)).json()
    return profile
