"""The XML of WebDAV (RFC 4918), CalDAV (4791) and sync-collection (6578): questions written, answers read."""

from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import unquote, urljoin, urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from artel.calendar_sync.failures import SyncFailed

NAMES = {"d": "DAV:", "c": "urn:ietf:params:xml:ns:caldav", "cs": "http://calendarserver.org/ns/"}
HEAD = '<?xml version="1.0" encoding="utf-8"?>'
SPACES = " ".join(f'xmlns:{short}="{full}"' for short, full in NAMES.items())


def tag(name: str) -> str:
    """ "d:href" as ElementTree spells it."""
    short, _, local = name.partition(":")
    return f"{{{NAMES[short]}}}{local}"


def propfind(*properties: str) -> bytes:
    return f"{HEAD}<d:propfind {SPACES}><d:prop>{elements(properties)}</d:prop></d:propfind>".encode()


def sync_collection(token: str) -> bytes:
    return (
        f"{HEAD}<d:sync-collection {SPACES}><d:sync-token>{escape(token)}</d:sync-token>"
        "<d:sync-level>1</d:sync-level><d:prop><d:getetag/></d:prop></d:sync-collection>"
    ).encode()


def calendar_query(start: datetime, end: datetime) -> bytes:
    """The files with an event within the time, a repetition of one counted."""
    window = f'start="{start.astimezone(UTC):%Y%m%dT%H%M%SZ}" end="{end.astimezone(UTC):%Y%m%dT%H%M%SZ}"'
    return (
        f"{HEAD}<c:calendar-query {SPACES}><d:prop><d:getetag/></d:prop><c:filter>"
        f'<c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT"><c:time-range {window}/></c:comp-filter>'
        "</c:comp-filter></c:filter></c:calendar-query>"
    ).encode()


def multiget(hrefs: Iterable[str]) -> bytes:
    named = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return (
        f"{HEAD}<c:calendar-multiget {SPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>{named}"
        "</c:calendar-multiget>"
    ).encode()


def elements(properties: Iterable[str]) -> str:
    return "".join(f"<{name}/>" for name in properties)


class Found(msgspec.Struct, frozen=True):
    """One response of a multistatus: where, and what properties it has. `status`: of the whole, where it has one."""

    href: str  # as the server writes it
    status: int | None
    properties: dict[str, Element]

    def text(self, name: str) -> str | None:
        element = self.properties.get(tag(name))
        return None if element is None or not (element.text or "").strip() else (element.text or "").strip()

    def href_in(self, name: str) -> str | None:
        element = self.properties.get(tag(name))
        href = None if element is None else element.findtext(tag("d:href"))
        return href.strip() if href else None

    @property
    def is_calendar(self) -> bool:
        kinds = self.properties.get(tag("d:resourcetype"))
        return kinds is not None and kinds.find(tag("c:calendar")) is not None

    @property
    def holds_events(self) -> bool:
        """Where nothing is said of what a calendar holds, it is everything."""
        allowed = self.properties.get(tag("c:supported-calendar-component-set"))
        return allowed is None or any(part.get("name") == "VEVENT" for part in allowed)


class Multistatus(msgspec.Struct, frozen=True):
    responses: list[Found]
    sync_token: str | None


def read_multistatus(body: bytes) -> Multistatus:
    """Raises SyncFailed: not_a_calendar for what is no such answer."""
    try:
        root = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise SyncFailed("not_a_calendar") from None
    if root.tag != tag("d:multistatus"):
        raise SyncFailed("not_a_calendar")
    return Multistatus([read_response(one) for one in root.iter(tag("d:response"))], root.findtext(tag("d:sync-token")))


def read_response(response: Element) -> Found:
    properties: dict[str, Element] = {}
    for part in response.iter(tag("d:propstat")):
        if status_of(part.findtext(tag("d:status"))) == 200:
            properties |= {element.tag: element for element in part.iterfind(f"{tag('d:prop')}/*")}
    return Found(
        (response.findtext(tag("d:href")) or "").strip(), status_of(response.findtext(tag("d:status"))), properties
    )


def status_of(line: str | None) -> int | None:
    """404, of "HTTP/1.1 404 Not Found"."""
    parts = (line or "").split()
    return int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else None


def path_of(href: str, base: str) -> str:
    """What two ways of writing one place have in common: its path, decoded."""
    return unquote(urlsplit(urljoin(base, href)).path)


def within(base: str, href: str) -> str:
    """The whole address of a place that a server names. Who we are is told to it alone, or to a host of the same name's
    ending over TLS, as large providers have them. Raises SyncFailed: redirect for any other."""
    url = urljoin(base, href)
    ours, theirs = urlsplit(base), urlsplit(url)
    if (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc):
        return url
    ending = ".".join((ours.hostname or "").split(".")[-2:])
    is_near = "." in ending and (theirs.hostname or "").endswith("." + ending) and theirs.scheme == "https"
    if not is_near:
        raise SyncFailed("redirect")
    return url
