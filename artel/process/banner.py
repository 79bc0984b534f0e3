"""What the sandbox says when it is ready: what to open, and some commands to try."""

import json
from pathlib import Path
from typing import Any

from artel.settings import Settings


def banner(settings: Settings, home: Path, *, seconds: float) -> str:
    url = settings.base_url
    lines = [
        "",
        f"Artel's sandbox is ready ({seconds:.1f} s). Ctrl-C stops it; its data stay in {home}.",
        "",
        f"  API, readable      {url}/api/docs",
        f"  API, OpenAPI       {url}/api/openapi.json",
        f"  Mail and SMS sent  {url}/sandbox/messages",
        *(f"  Book somebody      {url}/book/{slug}" for slug in slugs(read_seed(home))),
        f"  Who can sign in    {home / 'sandbox.json'}",
    ]
    if settings.host not in {"127.0.0.1", "::1", "localhost"}:
        lines += [
            "",
            f"  Everybody who reaches {settings.host} can do anything here: there is no privacy in a sandbox.",
        ]
    return "\n".join([*lines, *commands(url, read_seed(home)), ""])


def slugs(seed: dict[str, Any]) -> list[str]:
    """Of the schedules that can be booked at once."""
    return [str(one["slug"]) for one in seed.get("specialists") or [] if one.get("slug")]


def commands(url: str, seed: dict[str, Any]) -> list[str]:
    companies = seed.get("companies")
    if not companies:
        return []
    company = companies[0]
    login = json.dumps({"username": company["username"], "password": company["password"]})
    json_type = "-H 'Content-Type: application/json'"
    top_up = json.dumps({"companyId": company["id"], "amount": 1000})
    return [
        "",
        "Try in another terminal:",
        "",
        f'  TOKEN=$(curl -s {url}/api/login {json_type} -d \'{login}\' | sed \'s/.*"token":"\\([^"]*\\)".*/\\1/\')',
        f'  curl -s {url}/api/customer/companies -H "Authorization: Bearer $TOKEN"',
        f"  curl -s {url}/sandbox/top-up {json_type} -d '{top_up}'",
        f'  curl -s {url}/api/schedule/search {json_type} -H "Authorization: Bearer $TOKEN" -d \'{{"type_id": 1}}\'',
    ]


def read_seed(home: Path) -> dict[str, Any]:
    try:
        seed = json.loads((home / "sandbox.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return seed if isinstance(seed, dict) else {}


def keep_base_url(home: Path, url: str) -> None:
    """Have sandbox.json name the address of this start: the port may be another than last time."""
    seed = read_seed(home)
    if seed and seed.get("baseUrl") != f"{url}/api":
        draft = home / "sandbox.json.new"
        draft.write_text(json.dumps(seed | {"baseUrl": f"{url}/api"}, ensure_ascii=False, indent=2) + "\n", "utf-8")
        draft.replace(home / "sandbox.json")
