"""Asking whether somebody pays the tax on professional income, as self-employed people in Russia do."""

from datetime import date
from typing import Protocol

import httpx
import msgspec

TIMEOUT_S = 30


class NoAnswer(Exception):
    """The service could not say: it is to be asked again."""


class TaxService(Protocol):
    """Reads only, so it may be asked as often as it takes."""

    name: str

    async def is_self_employed(self, inn: str, on: date) -> bool:
        """Whether the person with this number was registered on that day. Raises NoAnswer."""


class SandboxTaxService:
    """Knows everybody as self-employed but those whose number begins with 99, a region that no person's has."""

    name = "sandbox"

    async def is_self_employed(self, inn: str, on: date) -> bool:
        return not inn.startswith("99")


class _Reply(msgspec.Struct):
    status: bool


class HttpTaxService:
    """The public service of the Federal Tax Service, as far as its protocol is publicly known.

    POST {"inn": 12 digits, "requestDate": "YYYY-MM-DD"}; 200 {"status": true or false, "message": text}. Anything
    else, 422 {"code": "taxpayer.status.service.limited.error"} above all (two requests a minute from an address), is
    no answer.
    """

    name = "http"

    def __init__(self, url: str) -> None:
        self.url = url

    async def is_self_employed(self, inn: str, on: date) -> bool:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
                reply = await client.post(self.url, json={"inn": inn, "requestDate": on.isoformat()})
        except httpx.HTTPError as error:
            raise NoAnswer(type(error).__name__) from error
        if reply.status_code != 200:
            raise NoAnswer(f"the service answered {reply.status_code}")
        try:
            return msgspec.json.decode(reply.content, type=_Reply).status
        except msgspec.DecodeError as error:
            raise NoAnswer("the service's reply cannot be read") from error


def tax_service(url: str, *, sandbox: bool) -> TaxService:
    """The sandbox asks nobody outside."""
    return SandboxTaxService() if sandbox else HttpTaxService(url)
