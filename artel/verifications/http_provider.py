"""A provider over HTTP (docs/customer-api/verification-and-tax.md "A provider of checks")."""

import base64
import uuid as uuids
from typing import Any

import httpx
import msgspec

from artel import clock
from artel.verifications.checks import HTTP, Answer, Check
from artel.verifications.reports import SIGNATURE_HEADER, TIMESTAMP_HEADER, UnreadableAnswer, read_report, signature

TIMEOUT_S = 30


class HttpProvider:
    """POST /checks begins a check, GET /checks/{id} asks after it; the provider may call `callback_url` itself."""

    name = HTTP

    def __init__(self, url: str, secret: str, *, callback_url: str) -> None:
        self.url = url.rstrip("/")
        self.secret = secret
        self.callback_url = callback_url

    async def create(self, check: Check, key: str) -> Answer:
        body = msgspec.json.encode(
            {
                "id": check.uuid,
                "document": check.document,
                "person": {
                    "firstName": check.first_name,
                    "middleName": check.middle_name,
                    "lastName": check.last_name,
                    "birthDate": check.birth_date,
                    "citizenship": check.citizenship,
                },
                "photos": [
                    {
                        "part": photo.part,
                        "contentType": "image/jpeg",
                        "content": base64.b64encode(photo.content).decode(),
                    }
                    for photo in check.photos
                ],
                "callbackUrl": self.callback_url,
            }
        )
        reply = await self.call("POST", "/checks", body, {"Idempotency-Key": key, "Content-Type": "application/json"})
        return self.read(reply.raise_for_status(), check.uuid)

    async def ask(self, check_uuid: uuids.UUID) -> Answer | None:
        reply = await self.call("GET", f"/checks/{check_uuid}", b"", {})
        return None if reply.status_code == 404 else self.read(reply.raise_for_status(), check_uuid)

    async def call(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        timestamp = str(int(clock.now().timestamp()))
        signed = {TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: signature(self.secret, timestamp, body)}
        content: dict[str, Any] = {"content": body} if body else {}
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            return await client.request(method, self.url + path, headers={**headers, **signed}, **content)

    @staticmethod
    def read(reply: httpx.Response, check_uuid: uuids.UUID) -> Answer:
        report = read_report(reply.content)
        if report.id != check_uuid:
            raise UnreadableAnswer("it tells of another check")
        return report.answer
