"""The public document's operations: their fields with bounds, and what their sample replies name.

The document is a web page turned to text, which lost the addresses, and the names of fields that hold objects where no
sample names them. Its facts are kept beside this file, none of its sentences; they are written anew by
`python -m tests.api.time.public_document DOCUMENT`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

# The document has no addresses: these are its operations, tag by tag, in its order.
CALLS = {
    "Event": [
        "GET /event/{event}",
        "PUT /event/{event}",
        "GET /event/{event}/children",
        "GET /event",
        "POST /event/{event}/vote",
        "DELETE /event/{event}",
        "POST /event/{event}/confirm",
        "POST /event/{event}/decline",
    ],
    "Kal": [
        "POST /kal",
        "GET /kal",
        "PUT /kal/{kal}",
        "DELETE /kal/{kal}",
        "GET /kal/{kal}",
        "POST /kal/{kal}/google",
        "GET /kal/{kal}/google",
        "DELETE /kal/{kal}/google",
        "GET /kal/{kal}/google/auth",
        "GET /kal/{kal}/contract/{schedule}",
        "GET /kal/{kal}/schedule/{schedule}",
        "POST /schedule/{schedule}/book",
    ],
    "OtherUser": [
        "GET /otheruser/{otheruser}/email",
        "GET /otheruser/{otheruser}/phone",
        "GET /otheruser/{otheruser}",
        "PUT /otheruser/{otheruser}",
        "POST /otheruser/correction/{correction}/vote",
        "DELETE /otheruser/correction/{correction}",
        "DELETE /otheruser/corrections",
    ],
    "Schedule": [
        "POST /schedule/preview",
        "POST /schedule",
        "PUT /schedule/{schedule}",
        "DELETE /schedule/{schedule}",
        "GET /schedule/{schedule}",
        "GET /schedule/{schedule}/users",
        "POST /schedule/{schedule}/users",
        "DELETE /schedule/{schedule}/users",
        "POST /schedule/{schedule}/pay",
        "POST /schedule/{schedule}/deposit",
        "POST /schedule/{schedule}/event",
        "GET /schedule/{schedule}/next",
        "POST /schedule/search",
    ],
    "User": [
        "GET /user",
        "PUT /user",
        "POST /user/email",
        "POST /user/email/confirm",
        "GET /user/{user}",
        "POST /upload",
        "POST /logout",
        "POST /login",
        "POST /register",
    ],
    "UserContacts": [
        "GET /contacts",
        "POST /contacts",
        "POST /contacts/{user}/pin",
        "PUT /contacts/{user}",
    ],
}
FACTS = Path(__file__).with_name("public_document.json")
TYPE = re.compile(r"^(string|integer|number|boolean|object|Array of (\w+))(?= |$|\[)(.*)$")
NAME = re.compile(r"^[A-Za-z_]\w*$")
SAMPLED = re.compile(r'^ {2}• "(\w+)":')
RANGE = re.compile(r"\[ (-?\d+) \.\. (-?\d+) \]")
LEAST, MOST = re.compile(r">= (\d+)"), re.compile(r"<= (\d+)")


class DocumentField(msgspec.Struct, omit_defaults=True):
    """`least` and `most` are of a number, of a text's characters or of a list's items."""

    name: str
    kind: str
    is_required: bool = False
    is_nullable: bool = False
    is_file: bool = False
    least: int | None = None
    most: int | None = None
    choices: frozenset[str] = frozenset()


class DocumentOperation(msgspec.Struct, omit_defaults=True):
    fields: list[DocumentField] = []
    sampled: set[str] = set()  # names of the request's sample, of its first level
    replied: set[str] = set()  # and of the reply's


def read_facts() -> dict[str, DocumentOperation]:
    """What is kept of the document, by call."""
    return msgspec.json.decode(FACTS.read_bytes(), type=dict[str, DocumentOperation])


def write_facts(document: Path) -> None:
    told = msgspec.json.encode(read_document(document), order="deterministic")
    FACTS.write_bytes(msgspec.json.format(told, indent=1) + b"\n")


def read_document(path: Path) -> dict[str, DocumentOperation]:
    """By call, in the document's order."""
    found = read_operations(path)
    return {call: one for tag, calls in CALLS.items() for call, one in zip(calls, found[tag], strict=True)}


def read_operations(path: Path) -> dict[str, list[DocumentOperation]]:
    """By tag, in the document's order."""
    lines = path.read_text("utf-8").split("\n")
    numbered = [(number, line.rstrip()) for number, line in enumerate(lines, 1) if line.strip()]
    heads = [at for at, (_, line) in enumerate(numbered) if line == "Authorizations:"]
    found: dict[str, list[DocumentOperation]] = {tag: [] for tag in CALLS}
    tag = ""
    for at, end in zip(heads, [*heads[1:], len(numbered)], strict=True):
        title = at - 2 if numbered[at - 1][1].startswith("⚠") else at - 1
        # A tag stands before its first operation; the others follow a sample, or the heading of none.
        before = numbered[title - 1][1]
        tag = before if NAME.match(before) and before[0].isupper() and before != "Responses" else tag
        if tag in found:
            part = [line for _, line in numbered[at:end]]
            found[tag].append(
                DocumentOperation(
                    list(read_fields(part)),
                    sampled(part, "Request samples"),
                    sampled(part, "Response samples"),
                )
            )
    return found


def read_fields(part: list[str]) -> Iterator[DocumentField]:
    """What stands between the body's heading and the replies. A line is a name, whether it is needed, a type, its
    choices, or words about it."""
    begin = next((at for at, line in enumerate(part) if line.startswith("Request Body schema")), None)
    if begin is None:
        return
    lines = part[begin + 1 : part.index("Responses")]
    name, is_required, last = "", False, None
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) else ""
        kind = TYPE.match(line)
        if kind and name:
            if last is not None:
                yield last
            last = field_of(name, kind, is_required)
            name, is_required = "", False
        elif line == "required":
            is_required = bool(name)
        elif line.startswith("Enum:") and last is not None:
            last.choices = frozenset(re.findall(r'"([^"]*)"', line))
        elif NAME.match(line) and not kind and (following == "required" or TYPE.match(following)):
            name, is_required = line, False
    if last is not None:
        yield last


def field_of(name: str, kind: re.Match[str], is_required: bool) -> DocumentField:
    words = re.sub(r"\[ ?items.*", "", kind[3])
    span, least, most = RANGE.search(words), LEAST.search(words), MOST.search(words)
    return DocumentField(
        name,
        "array" if kind[2] else kind[1],
        is_required,
        "or null" in kind[3],
        "binary" in kind[3] or "5120" in kind[3] or "51200" in kind[3],
        least=int(span[1]) if span else int(least[1]) if least else 1 if "non-empty" in words else None,
        most=int(span[2]) if span else int(most[1]) if most else None,
    )


def sampled(part: list[str], heading: str) -> set[str]:
    """The names of a sample's first level."""
    if heading not in part:
        return set()
    begin = part.index(heading)
    end = part.index("Response samples") if heading == "Request samples" else len(part)
    found = set()
    for line in part[begin:end]:
        if line in {"}", "]"}:
            break
        if named := SAMPLED.match(line):
            found.add(named[1])
    return found


if __name__ == "__main__":
    write_facts(Path(sys.argv[1]))
