"""Every operation of the public document's tags Event, Kal, OtherUser, Schedule, User (which holds signing in) and
UserContacts is there, with its fields, their bounds, and what its sample reply names.

What the document says is kept as facts (`public_document.json`); where the document is at hand, the two agree."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import sandbox_application
from tests.api.time.public_document import CALLS, DocumentField, DocumentOperation, read_document, read_facts

FOLDER = Path(os.environ.get("ARTEL_SEEDS") or Path(__file__).parents[4] / "shared" / "seeds")
SEEDS = FOLDER / "ceki-0.0.1.txt"
# Where ours differs, and why.
PLACES = "the rule looks at the numbers: it says in which place of the list one is wrong"
FILES = "a form's part is a file or is not there: it has no null"
FORMS = "a part that is there has a file: a form has no empty list"
DIFFERENT = {
    "PUT /otheruser/{otheruser} name: minLength [None]": "the rule of names holds it, for every way to change one",
    "POST /schedule/preview type_id: no number but ['integer']": "1, 2 or 3, as in making one",
    "POST /schedule/{schedule}/users role_id: one of []": PLACES,
    "POST /schedule/{schedule}/users read: one of []": PLACES,
    "POST /schedule/{schedule}/users write: one of []": PLACES,
    "PUT /user ava: no null": FILES,
    "PUT /user docs: no null": FILES,
    "POST /register ava: no null": FILES,
    "POST /register docs: no null": FILES,
    "POST /upload docs: no object but ['array']": "files, as the document's other parts are",
    "POST /upload job: minItems [None]": FORMS,
    "POST /upload schedule: minItems [None]": FORMS,
    "POST /upload event: minItems [None]": FORMS,
}

DOCUMENTED = read_facts()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    schema: dict[str, Any] = sandbox_application()[0].openapi_schema.to_schema()
    return schema


def operation_of(document: dict[str, Any], call: str) -> dict[str, Any]:
    method, path = call.split(" ")
    found: dict[str, Any] = document["paths"][f"/api{path}"][method.lower()]
    return found


def objects_of(schema: dict[str, Any], document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every object that a schema may be, or may be a list of."""
    if "$ref" in schema:
        schema = resolve_reference(schema, document)
    if "properties" in schema:
        yield schema
    for choice in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *filter(None, [schema.get("items")])):
        yield from objects_of(choice, document)


def resolve_reference(schema: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return found


def body_of(operation: dict[str, Any], document: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """The body's object: of several the one that has these fields; of several media the one with most."""
    bodies = [
        found
        for media in operation["requestBody"]["content"].values()
        for found in objects_of(media["schema"], document)
    ]
    return max(
        bodies,
        key=lambda body: (
            len(names & body["properties"].keys()),
            len(names & set(body.get("required", ()))),
            len(body["properties"]),
        ),
    )


def choices_of(schema: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    """What a field may be, apart."""
    if "$ref" in schema:
        return choices_of(resolve_reference(schema, document), document)
    inner = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
    if inner:
        return [found for choice in inner for found in choices_of(choice, document)]
    kinds = schema.get("type")
    return [{**schema, "type": kind} for kind in kinds] if isinstance(kinds, list) else [schema]


BOUNDS = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}


def differences(field: DocumentField, body: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """What of a documented field is not so here."""
    schema = body["properties"].get(field.name)
    if schema is None:
        yield f"{field.name}: missing"
        return
    if field.is_required != (field.name in body.get("required", ())):
        yield f"{field.name}: {'not ' if field.is_required else ''}needed"
    choices = choices_of(schema, document)
    kinds = {choice.get("type") for choice in choices}
    if field.is_nullable and None not in kinds and "null" not in kinds:
        yield f"{field.name}: no null"
    own = [
        choice
        for choice in choices
        if choice.get("type") == field.kind or (field.kind == "integer" and choice.get("type") == "number")
    ]
    if not own and None not in kinds and not field.is_file:
        yield f"{field.name}: no {field.kind} but {sorted(map(str, kinds))}"
    if field.choices:
        given = [value for choice in choices for value in (*choice.get("enum", ()), choice.get("const"))]
        ours = {str(value) for value in given if value is not None}
        if ours != field.choices:
            yield f"{field.name}: one of {sorted(ours)}"
    for which, bound in zip(BOUNDS.get(field.kind, ("minimum", "maximum")), (field.least, field.most), strict=True):
        if bound is not None and not field.is_file and bound not in [choice.get(which) for choice in own]:
            yield f"{field.name}: {which} {[choice.get(which) for choice in own]}"


@pytest.mark.skipif(not SEEDS.exists(), reason="the public document is not at hand: set ARTEL_SEEDS to its folder")
def test_the_facts_are_the_documents() -> None:
    assert read_document(SEEDS) == DOCUMENTED


def test_every_operation_is_among_the_facts() -> None:
    assert DOCUMENTED.keys() == {call for calls in CALLS.values() for call in calls}
    assert sum(len(one.fields) for one in DOCUMENTED.values()) > 150


@pytest.mark.parametrize(("call", "documented"), DOCUMENTED.items(), ids=list(DOCUMENTED))
def test_an_operation_is_as_documented(document: dict[str, Any], call: str, documented: DocumentOperation) -> None:
    ours = operation_of(document, call)
    wrong = []
    names = {field.name for field in documented.fields} | documented.sampled
    if names:
        body = body_of(ours, document, names)
        wrong += [difference for field in documented.fields for difference in differences(field, body, document)]
        wrong += [f"{name}: missing" for name in sorted(documented.sampled - body["properties"].keys())]
    if documented.replied:
        media = ours["responses"]["200"]["content"]["application/json"]["schema"]
        replies = [found["properties"].keys() for found in objects_of(media, document)]
        missing = min((documented.replied - reply for reply in replies), key=len, default=documented.replied)
        wrong += [f"reply {name}: missing" for name in sorted(missing)]
    different = {f"{call} {one}" for one in wrong}
    unknown = different - DIFFERENT.keys()
    gone = {one for one in DIFFERENT if one.startswith(f"{call} ")} - different
    assert (unknown, gone) == (set(), set())
