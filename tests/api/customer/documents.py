"""The curls of the public documents, as requests: what is sent, the status that is documented, the sample reply.

The documents are web pages turned to text, with the faults of that: each kind is mended by a rule below, wherever it
is met. Nothing of the documents is kept here.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

DOCUMENTS = ("mellow-v2-ru", "solar-staff-v2-ru", "solar-staff-v2-en")
# The edition whose text lost the addresses, and the one that has them.
LOST, KEPT, CURRENT = "solar-staff-v2-en", "solar-staff-v2-ru", "mellow-v2-ru"
STATUS = re.compile(r"^HTTP[ -](?:status|статус)(?:[ -](?:code|код))?:? *(\d{3})(?: OK)?", re.IGNORECASE)
ANSWER = re.compile(r"^(?:Пример ответа|Sample response|Response example|Example response)", re.IGNORECASE)
OPTION = re.compile(r"^\s*--?[A-Za-z]")
KEY = re.compile(r'"([A-Za-z0-9_]+)"\s*:+\s*(?=("|\{|\[|true|false|null|-?\d))')
# What names an object in a path: an id, a uuid (the documents' have letters beyond f), a place to fill in.
NAMED = r"\d+|\{[^}]*\}|[0-9a-z]{8}-[0-9a-z-]+"
KINDS = {'"': "text", "{": "object", "[": "list", "t": "boolean", "f": "boolean", "n": "null"}


class Sample(msgspec.Struct):
    """A curl of a document. `fields`: the names of the sample reply, each with the kinds of value it is shown with."""

    document: str
    line: int
    method: str
    path: str  # below /api
    query: list[tuple[str, str]]
    body: Any
    form: dict[str, str]
    names: set[str]  # of the body's fields, as far as they can be told
    status: int
    fields: dict[str, set[str]]

    @property
    def id(self) -> str:
        return f"{self.document}:{self.line} {self.method} {self.path}"

    @property
    def call(self) -> str:
        """The operation, with what names an object in its path left out."""
        parts = ["*" if re.fullmatch(NAMED, part) else part for part in self.path.split("/")]
        return f"{self.method} {'/'.join(parts)}"


def samples(folder: Path) -> list[Sample]:
    """Every curl of the three documents."""
    found = {name: list(read_document(name, (folder / f"{name}.txt").read_text("utf-8"))) for name in DOCUMENTS}
    restore_lost(found[LOST], found[KEPT])
    for sample in found[LOST]:
        if not sample.path:  # the Russian edition has another method, or not this call at all
            had = {other.call for other in found[LOST]}
            twins = [other for other in found[CURRENT] if other.call not in had]
            twin = max(twins, key=lambda other: likeness(sample, other))
            sample.path, sample.query, sample.body = twin.path, twin.query, twin.body
    return [sample for name in DOCUMENTS for sample in found[name]]


def read_document(name: str, text: str) -> Iterator[Sample]:
    lines = text.replace("\u00a0", " ").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("curl")]
    for start, following in zip(starts, [*starts[1:], len(lines)], strict=True):
        command, end = command_at(lines, start, following)
        yield sample_of(name, start + 1, command, lines[end:following])


def command_at(lines: list[str], start: int, limit: int) -> tuple[list[str], int]:
    """The command's lines: on to the answer, or to a line that is neither an option nor inside a body."""
    end = start + 1
    in_body = False
    while end < limit:
        line = lines[end]
        if ANSWER.match(line) or STATUS.match(line):
            break
        if OPTION.match(line):
            in_body = bool(re.match(r"\s*(-d|--data\S*)\b", line)) and not closes_body(line)
        elif in_body:
            in_body = not closes_body(line)
        elif line.strip() and line.strip() not in {"\\", '"', "'"}:
            break
        end += 1
    return lines[start:end], end


def closes_body(line: str) -> bool:
    """Whether a body's last quote stands here, after its last bracket."""
    return bool(re.search(r"[}\]]\s*['\"]\s*\\?\s*$", line))


def sample_of(name: str, line: int, command: list[str], after: list[str]) -> Sample:
    text = mend("\n".join(command))
    text, body_text = split_body(text)
    words = shlex.split(close_quotes(text))
    method, url, form = "", "", {}
    place = 1
    while place < len(words):
        word, following = words[place], words[place + 1] if place + 1 < len(words) else ""
        if word in {"-X", "--request"}:
            method, place = following, place + 1
        elif word in {"-F", "--form"}:
            key, _, value = following.partition("=")
            form[key.strip()], place = value.strip('"'), place + 1
        elif word in {"-H", "--header"}:
            place += 1
        elif not word.startswith("-") and not url:
            url = word
        place += 1
    path, query = address_of(url)
    names = set(re.findall(r'"(\w+)"?\s*:', body_text))
    status = next((int(found[1]) for one in after if (found := STATUS.match(one.strip()))), 200)
    return Sample(name, line, method or "GET", path, query, body_of(body_text), form, names, status, fields_of(after))


def mend(text: str) -> str:
    """Quotes of a word processor; a line continued without a sign of it; spaces after the sign."""
    text = text.translate(str.maketrans("“”„«»’‘", '"""""\'\''))
    lines = [line.rstrip().removesuffix("\\").rstrip() for line in text.split("\n")]
    # A quote that is opened at the end of an address and not closed.
    lines = [f'{line}"' if line.startswith("curl") and line.count('"') == 1 else line for line in lines]
    return "\n".join(lines)


def split_body(text: str) -> tuple[str, str]:
    """The command without its body, and the body: all between its quotes, whatever quotes are inside."""
    found = re.search(r"(?:\s-d|--data(?:-raw)?)\s+(['\"])(.*)\1", text, re.DOTALL)
    if not found:
        found = re.search(r"(?:\s-d|--data(?:-raw)?)\s+(['\"]?)(.*)$", text, re.DOTALL)
    return (text[: found.start()] + text[found.end() :], found[2]) if found else (text, "")


def close_quotes(text: str) -> str:
    """Each line's quotes are its own."""
    closed = []
    for line in text.replace("\t", " ").split("\n"):
        for mark in ("'", '"'):
            if line.count(mark) % 2:
                line += mark
        closed.append(line)
    return " ".join(closed)


def address_of(url: str) -> tuple[str, list[tuple[str, str]]]:
    """Path below /api, and the query; whatever came of the host."""
    url = url.strip()
    if " " in url and "http" in url.rpartition(" ")[2]:
        url = url.rpartition(" ")[2]
    tail = url[url.rindex("api/") + 3 :] if "api/" in url else ("/" + url if url and "://" not in url else "")
    parts = urlsplit(tail)
    return re.sub("/+", "/", parts.path).rstrip("/"), parse_qsl(parts.query, keep_blank_values=True)


def body_of(text: str) -> Any:
    """The JSON, with commas where one is missing or too many."""
    text = text.strip()
    if not text:
        return None
    # A text in typed quotes may hold the kind of quote that the command is in.
    mended = re.sub(r",(\s*[}\]])", r"\1", text)
    mended = re.sub(r'"(\w+):\s*"', r'"\1": "', mended)
    mended = re.sub(r'(["\d}\]el])(\s*\n\s*")', r"\1,\2", mended)
    mended = re.sub(r"([{,\[]\s*),", r"\1", mended).replace('\\"', '"')
    mended = re.sub(r",\s*,", ",", mended)
    for candidate in (text, mended, mended + "}", re.sub(r"(?<=[:\s])'|'(?=\s*[,}\n])", '"', mended)):
        try:
            return json.loads(candidate, strict=False)
        except ValueError:
            continue
    return {"?": text}


def fields_of(after: list[str]) -> dict[str, set[str]]:
    """Names in the sample reply with the kinds of their values. Brackets may be lost, so that only names count.

    The sample ends where prose or a table begins: at a line with neither a bracket nor a quoted name.
    """
    fields: dict[str, set[str]] = {}
    begun = False
    for line in after:
        text = line.strip()
        if found := STATUS.match(text):
            if begun:
                break
            begun = True
            text = text[found.end() :]
        if not begun or not text:
            continue
        names = list(KEY.finditer(text))
        if not names and not re.fullmatch(r'[\[\]{}(),.;:\s"]*|".*|-?[\d., ]+|//.*', text):
            break
        for name in names:
            fields.setdefault(name[1], set()).add(KINDS.get(name[2][0], "number"))
    return fields


def restore_lost(lost: list[Sample], kept: list[Sample]) -> None:
    """The two are one document in two languages. The English text lost its addresses, and every line of a body that
    had no letter in it: both are taken from the curl that stands in its place in the Russian one."""
    for ours, theirs in aligned(lost, kept):
        ours.path, ours.query, ours.body = theirs.path, theirs.query, theirs.body


def likeness(one: Sample, other: Sample) -> float:
    """How far two curls are the same call, by their methods and the names in bodies and replies."""
    if one.method != other.method:
        return -1
    names, others = one.names | set(one.fields), other.names | set(other.fields)
    return 0.2 + len(names & others) / max(1, len(names | others)) + (one.names == other.names)


def aligned(lost: list[Sample], kept: list[Sample]) -> list[tuple[Sample, Sample]]:
    """The pairing in order that is alike in the sum; one of either may be left out."""
    best = [[0.0] * (len(kept) + 1) for _ in range(len(lost) + 1)]
    for row in range(len(lost) - 1, -1, -1):
        for column in range(len(kept) - 1, -1, -1):
            both = likeness(lost[row], kept[column]) + best[row + 1][column + 1]
            best[row][column] = max(both, best[row + 1][column], best[row][column + 1])
    pairs, row, column = [], 0, 0
    while row < len(lost) and column < len(kept):
        if best[row][column] == likeness(lost[row], kept[column]) + best[row + 1][column + 1]:
            pairs.append((lost[row], kept[column]))
            row, column = row + 1, column + 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            column += 1
    return pairs
