"""The APIs as files, each wire format apart: the OpenAPI document, a Postman collection, a page per group of calls.

All three are made from the application itself and from replies it has given (`examples.json`: the call by its method
and path, with what was sent and what came back), so that they say what the code does.
"""

import json
import posixpath
import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar

from artel.api.docs.examples import Examples, Operation, call_body, is_form
from artel.api.docs.pages import body_schema, document_of, fields_of, type_name
from artel.api.docs.postman import collection
from artel.api.docs.references import REFERENCES, Reference
from artel.api.wire import wires_of

METHODS = ("get", "post", "put", "patch", "delete")
EXAMPLES = "examples.json"


def wire_document(app: Litestar, wire: str) -> dict[str, Any]:
    """The OpenAPI document of one wire format alone, without the sandbox's calls and what only others need."""
    document: dict[str, Any] = json.loads(document_of(app))
    wires = wires_of(app)
    # The framework keeps the paths of one handler in a set, whose order changes from run to run.
    document["paths"] = {
        path: {
            method: operation
            for method, operation in document["paths"][path].items()
            if wire in {one.name for one in wires.get((path, method), ())}
        }
        for path in sorted(document["paths"])
        if path.startswith("/api/")
    }
    document["paths"] = {path: item for path, item in document["paths"].items() if item}
    for item in document["paths"].values():
        for operation in item.values():
            keep_own_body(operation, REFERENCES[wire].title)
    schemas = document["components"]["schemas"]
    needed: set[str] = set()
    todo = references_in(document["paths"])
    while todo:
        name = todo.pop()
        if name not in needed:
            needed.add(name)
            todo |= references_in(schemas[name])
    document["components"]["schemas"] = {name: schemas[name] for name in sorted(needed)}
    return document


def keep_own_body(operation: Operation, title: str) -> None:
    """Of a call that several formats share, only the body of this one: such bodies are titled."""
    for media in operation.get("requestBody", {}).get("content", {}).values():
        own = [choice for choice in media["schema"].get("oneOf", ()) if choice.get("title") == title]
        if own:
            media["schema"] = own[0]


def references_in(part: Any) -> set[str]:
    return set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(part)))


def files(app: Litestar, wire: str, examples: Examples) -> dict[str, str]:
    """Every file of a wire format by its name."""
    reference = REFERENCES[wire]
    document = wire_document(app, wire)
    groups: dict[str, list[tuple[str, str, Operation]]] = {}
    for path, item in sorted(document["paths"].items()):
        for method in METHODS:
            if method in item:
                tags = item[method].get("tags", ["Other"])
                group = reference.login_group if reference.login_group in tags else tags[0]
                groups.setdefault(group, []).append((method.upper(), path, item[method]))
    made = {
        "openapi.json": as_json(document),
        "postman_collection.json": as_json(collection(reference, document, groups, examples)),
        "README.md": contents(reference, groups),
    }
    for group, calls in groups.items():
        made[f"{slug(group)}.md"] = page(reference, group, calls, document, examples)
    return made


def as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def slug(group: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", group.lower()).strip("-")


def read_examples(folder: Path) -> Examples:
    path = folder / EXAMPLES
    return msgspec.json.decode(path.read_bytes(), type=Examples) if path.exists() else {}


def export(app: Litestar, folder: Path) -> list[str]:
    """Write the files anew; a page whose group has gone goes too. Answers their paths below `folder`."""
    written = []
    for wire, reference in REFERENCES.items():
        place = folder / reference.folder
        made = files(app, wire, read_examples(place))
        place.mkdir(parents=True, exist_ok=True)
        for old in place.glob("*.md"):
            if old.name not in made:
                old.unlink()
        for name, text in made.items():
            (place / name).write_text(text, encoding="utf-8")
            written.append(str(Path(reference.folder) / name))
    return sorted(written)


def contents(reference: Reference, groups: dict[str, list[tuple[str, str, Operation]]]) -> str:
    name = reference.login_fields[0]
    lines = [
        f"# {reference.title}",
        "",
        "Made by `artel api export` (`make api-docs`) from the code; change the code, not these files.",
        "",
        "- [openapi.json](openapi.json): the OpenAPI document.",
        f"- [postman_collection.json](postman_collection.json): import it into Postman, fill in `baseUrl`, `{name}`",
        '  and `password`, and send "Sign in" first: it keeps the token for the calls that follow.',
        *(f"- The [{other.title}]({link(reference, other)}) is described apart." for other in others_than(reference)),
        "",
        "| group | calls |",
        "|---|---|",
    ]
    for group, calls in sorted(groups.items()):
        lines.append(f"| [{group}]({slug(group)}.md) | {', '.join(f'{method} {path}' for method, path, _ in calls)} |")
    return "\n".join(lines) + "\n"


def others_than(reference: Reference) -> list[Reference]:
    return [other for other in REFERENCES.values() if other is not reference]


def link(reference: Reference, other: Reference) -> str:
    """From one wire format's contents to another's."""
    return posixpath.relpath(f"{other.folder}/README.md", reference.folder)


def page(
    reference: Reference,
    group: str,
    calls: list[tuple[str, str, Operation]],
    document: dict[str, Any],
    examples: Examples,
) -> str:
    parts = [
        f"# {group}",
        "",
        "The curls take `$ARTEL`, the installation's address, and `$TOKEN`, which signing in answers:",
        "",
        "```sh",
        "ARTEL=http://127.0.0.1:8000",
        "TOKEN=$(curl -s -X POST \"$ARTEL/api/login\" -H 'Content-Type: application/json' \\",
        f"  -d '{json.dumps(dict.fromkeys(reference.login_fields, '…'), ensure_ascii=False)}' \\",
        "  | python3 -c 'import json, sys; print(json.load(sys.stdin)[\"token\"])')",
        "```",
    ]
    for method, path, operation in calls:
        parts += ["", *section(method, path, operation, document, examples)]
    return "\n".join(parts) + "\n"


def section(method: str, path: str, operation: Operation, document: dict[str, Any], examples: Examples) -> list[str]:
    lines = [f"## {operation.get('summary') or path}", "", f"`{method} {path}`", ""]
    if operation.get("description"):
        lines += [operation["description"], ""]
    rows = [
        (
            f"`{one['name']}`",
            f"{one['in']}, {type_name(one.get('schema', {}), document)}",
            one.get("required"),
            one.get("description", ""),
        )
        for one in operation.get("parameters", [])
    ]
    schema = body_schema(operation.get("requestBody", {}))
    rows += [
        (f"`{field.name}`", f"body, {field.type}", field.required, field.meaning)
        for field in (fields_of(schema, document) if schema else [])
    ]
    if rows:
        lines += ["| name | type | needed | meaning |", "|---|---|---|---|"]
        lines += [
            f"| {name} | {cell(kind)} | {'yes' if needed else ''} | {cell(meaning)} |"
            for name, kind, needed, meaning in rows
        ]
        lines.append("")
    lines += ["```sh", curl(method, path, operation, document, examples), "```"]
    example = examples.get(f"{method} {path}")
    if example is not None:
        lines += ["", "200:", "", "```json", json.dumps(example.reply, ensure_ascii=False, indent=2), "```"]
    return lines


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def curl(method: str, path: str, operation: Operation, document: dict[str, Any], examples: Examples) -> str:
    example = examples.get(f"{method} {path}")
    url = example.path if example else path
    query = "&".join(f"{name}={value}" for name, value in (example.query if example else {}).items())
    lines = [f'curl -X {method} "$ARTEL{url}{"?" + query if query else ""}"']
    if query:
        lines[0] = lines[0].replace("curl -X", "curl -g -X")
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    body = call_body(method, path, operation, document, examples)
    if body is not None and is_form(operation):
        lines += [f"-F {shlex.quote(f'{name}={value}')}" for name, value in body.items()]
    elif body is not None:
        text = json.dumps(body, ensure_ascii=False).replace("'", "'\\''")
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(lines)
