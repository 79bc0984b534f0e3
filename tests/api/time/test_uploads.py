"""POST /upload and GET /file/{file}."""

import asyncio
import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from artel.api.time import uploads
from artel.api.time.uploads import MOST_CALLS, MOST_FILES
from artel.db.pool import Connection
from artel.db.rows import fetch_value
from artel.errors import TooMany
from artel.files.uploads import MOST_BYTES_A_DAY, MOST_FILES_A_DAY
from artel.settings import Settings
from tests import cast
from tests.api.time.pictures import CAMERA, MP4, PDF, bomb, opened, picture, with_notes
from tests.cast import Someone

Files = list[tuple[str, tuple[str, bytes, str]]]


@pytest.fixture
async def anna(conn: Connection, settings: Settings, now: datetime) -> Someone:
    return await cast.sign_in(conn, settings, await cast.add_person(conn, "anna@example.test", now=now), None, now=now)


@pytest.fixture
async def boris(conn: Connection, settings: Settings, now: datetime) -> Someone:
    person = await cast.add_person(conn, "boris@example.test", now=now, language="RU")
    return await cast.sign_in(conn, settings, person, None, now=now)


def part(field: str, name: str, content: bytes) -> tuple[str, tuple[str, bytes, str]]:
    return (field, (name, content, "application/octet-stream"))


async def upload(client: httpx.AsyncClient, who: Someone, *files: Any, **more: Any) -> httpx.Response:
    return await client.post("/upload", files=list(files), headers={**who.headers, **more.pop("headers", {})}, **more)


async def upload_one(client: httpx.AsyncClient, who: Someone, field: str, name: str, content: bytes) -> dict[str, Any]:
    reply = await upload(client, who, part(field, name, content))
    assert reply.status_code == 200, reply.text
    (file,) = reply.json()
    result: dict[str, Any] = file
    return result


def kept(settings: Settings) -> list[Path]:
    return [path for path in (settings.home / "files").rglob("*") if path.is_file()]


async def read(client: httpx.AsyncClient, who: Someone, url: str) -> httpx.Response:
    return await client.get(url.replace("http://127.0.0.1:8000", "http://artel.test"), headers=who.headers)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_a_picture_is_turned_upright_and_loses_its_notes(
    client: httpx.AsyncClient, anna: Someone, settings: Settings, format: str
) -> None:
    sent = with_notes(format)
    assert CAMERA.encode() in sent
    extension = {"JPEG": "jpg"}.get(format, format.lower())
    file = await upload_one(client, anna, "image", f"beach.{extension}", sent)
    assert (file["name"], file["width"], file["height"]) == (f"beach.{extension}", 600, 800)
    assert set(file["sizes"]) == {"original", "512", "128"}
    for side, url in file["sizes"].items():
        reply = await read(client, anna, url)
        assert reply.status_code == 200
        shown = opened(reply.content)
        assert shown.size == {"original": (600, 800), "512": (384, 512), "128": (96, 128)}[side]
        assert not shown.getexif()
    assert len(kept(settings)) == 3
    for path in kept(settings):
        assert CAMERA.encode() not in path.read_bytes()


async def test_a_comment_in_a_picture_and_what_is_hidden_behind_one_is_gone(
    client: httpx.AsyncClient, anna: Someone, settings: Settings
) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("page.html", "<script>alert(1)</script>")
    sent = picture(comment=b"<script>alert(2)</script>") + archive.getvalue()
    await upload_one(client, anna, "image", "both.jpg", sent)
    for path in kept(settings):
        assert b"<script>" not in path.read_bytes()
        assert not zipfile.is_zipfile(path)


async def test_a_large_picture_is_made_smaller(client: httpx.AsyncClient, anna: Someone) -> None:
    file = await upload_one(client, anna, "image", "wide.jpg", picture(size=(4000, 1000)))
    assert (file["width"], file["height"]) == (2048, 512)


async def test_what_the_bytes_are_counts(client: httpx.AsyncClient, anna: Someone) -> None:
    """A PNG under another name is a PNG; a GIF is kept as one picture."""
    file = await upload_one(client, anna, "image", "really.jpg", picture("PNG", mode="RGBA"))
    assert (file["name"], file["type"]) == ("really.png", "image/png")
    file = await upload_one(client, anna, "image", "blob", picture())
    assert (file["name"], file["type"]) == ("blob.jpg", "image/jpeg")
    file = await upload_one(client, anna, "image", "moves.gif", picture("GIF", mode="P"))
    assert (file["name"], file["type"]) == ("moves.png", "image/png")


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (20_000, 20_000), (10_000, 5_001)])
async def test_a_picture_made_to_burst(
    client: httpx.AsyncClient, anna: Someone, settings: Settings, width: int, height: int
) -> None:
    reply = await upload(client, anna, part("image", "bomb.png", bomb(width, height)))
    assert reply.status_code == 422
    assert reply.json()["errors"] == {"image": ["A picture has at most 50 million pixels."]}
    assert kept(settings) == []


@pytest.mark.parametrize(
    ("field", "name", "content", "text"),
    [
        ("image", "a.svg", b"<svg onload='alert(1)'/>", "A JPEG, PNG, WebP or GIF picture is expected."),
        ("image", "a.png", b"<html>", "A JPEG, PNG, WebP or GIF picture is expected."),
        ("image", "a.jpg", picture()[:500], "A JPEG, PNG, WebP or GIF picture is expected."),
        ("image", "a.jpg", PDF, "A JPEG, PNG, WebP or GIF picture is expected."),
        ("image", "a.jpg", b"", "The file is empty."),
        ("image", "a.jpg", b"\xff" * (5120 * 1024 + 1), "A file has at most 5 MiB."),
        ("images[]", "a.jpg", b"", "The file is empty."),
        ("docs", "nameless", PDF, "The file needs a name with an extension."),
        ("docs", "a.svg", b"<svg/>", None),
        ("docs", "a.html", b"<html>", None),
        ("docs", "a.exe", b"MZ" + b"\0" * 100, None),
        ("docs", "a.pdf", b"MZ" + b"\0" * 100, "The file is not what its name says: .pdf."),
        ("docs", "a.txt", b"<script>alert(1)</script>", "The file holds something that could harm whoever opens it."),
        ("docs", "a.mp4", MP4, None),
        ("docs", "a.pdf", PDF + b" " * 5120 * 1024, "A file has at most 5 MiB."),
        ("video", "a.mp4", PDF, "The file is not what its name says: .mp4."),
        ("video", "a.avi", b"RIFF", None),
        ("job", "a.svg", b"<svg/>", None),
    ],
)
async def test_what_is_not_taken(
    client: httpx.AsyncClient,
    anna: Someone,
    conn: Connection,
    settings: Settings,
    field: str,
    name: str,
    content: bytes,
    text: str | None,
) -> None:
    reply = await upload(client, anna, part("docs", "good.pdf", PDF), part(field, name, content))
    assert reply.status_code == 422
    errors = reply.json()["errors"]
    assert list(errors) == [field.removesuffix("[]")]
    if text is not None:
        assert errors == {field.removesuffix("[]"): [text]}
    else:
        assert "Taken are" in reply.json()["message"]
    assert await fetch_value(conn, "SELECT count(*) FROM file") == 0
    assert kept(settings) == []


async def test_a_zip_bomb(client: httpx.AsyncClient, anna: Someone, settings: Settings) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("zeros", b"\0" * 50_000_000)
    reply = await upload(client, anna, part("docs", "bomb.zip", archive.getvalue()))
    assert reply.status_code == 422
    assert kept(settings) == []


async def test_all_kinds_in_one_form(client: httpx.AsyncClient, anna: Someone, conn: Connection) -> None:
    reply = await upload(
        client,
        anna,
        part("images[]", "a.png", picture("PNG")),
        part("images[]", "b.png", picture("PNG")),
        part("videos[]", "c.mp4", MP4),
        part("videos[]", "d.mp4", MP4),
        part("docs", "../../e.pdf", PDF),
        part("job[]", "f.txt", "Привет".encode()),
        part("event[]", "g.jpg", picture()),
        part("unknown", "h.jpg", picture()),
    )
    assert reply.status_code == 200
    files = reply.json()
    assert [file["name"] for file in files] == ["a.png", "b.png", "c.mp4", "d.mp4", "e.pdf", "f.txt", "g.jpg"]
    assert [bool(file["sizes"]) for file in files] == [True, True, False, False, False, False, True]
    assert [file["id"] for file in files] == sorted(file["id"] for file in files)
    assert await fetch_value(conn, "SELECT count(*) FROM file WHERE owner_id = %(id)s", {"id": anna.id}) == 7
    video = await read(client, anna, files[2]["url"])
    assert video.content == MP4
    assert video.headers["content-type"] == "video/mp4"


async def test_a_video_larger_than_other_bodies_may_be(
    client: httpx.AsyncClient, anna: Someone, settings: Settings
) -> None:
    large = MP4 + b"\0" * (51200 * 1024 - len(MP4))
    assert len(large) > settings.max_upload_bytes * 2
    file = await upload_one(client, anna, "video", "large.mp4", large)
    assert file["size"] == 51200 * 1024
    reply = await upload(client, anna, part("video", "large.mp4", large + b"\0"))
    assert reply.json()["errors"] == {"video": ["A file has at most 50 MiB."]}


@pytest.mark.parametrize("name", ["image", "docs"])
async def test_a_part_without_a_file_name_is_no_file(client: httpx.AsyncClient, anna: Someone, name: str) -> None:
    body = f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nbytes\r\n--x--\r\n'
    headers = {**anna.headers, "Content-Type": "multipart/form-data; boundary=x"}
    reply = await client.post("/upload", content=body.encode(), headers=headers)
    assert reply.status_code == 422
    assert reply.json()["errors"] == {name: ["A file is expected."]}


MULTIPART = "multipart/form-data; boundary=x"


@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        (MULTIPART, b"", 422),
        (MULTIPART, b"--x--\r\n", 422),
        (MULTIPART, b"no form at all", 400),
        (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\ncut', 400),
        (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="image"\r\n\r\n\xff\xfe\r\n--x--\r\n', 400),
        (
            MULTIPART,
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
            b"Content-Type: text/plain; charset=nonsense\r\n\r\nb\r\n--x--\r\n",
            400,
        ),
        (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="a[[]"\r\n\r\nb\r\n--x--\r\n', 422),
        ("multipart/form-data", b"--x--", 400),
        ("multipart/form-data; boundary=\xff".encode("latin-1").decode("latin-1"), b"--x--", 400),
        ("application/json", b"{", 400),
        ("application/json", b"[]", 422),
        ("application/json", b"{}", 422),
        ("application/x-www-form-urlencoded", b"image=a", 422),
    ],
)
async def test_bodies_that_are_no_form(
    client: httpx.AsyncClient, anna: Someone, content_type: str, content: bytes, status: int
) -> None:
    headers = [
        (b"authorization", anna.headers["Authorization"].encode()),
        (b"content-type", content_type.encode("latin-1")),
    ]
    reply = await client.post("/upload", content=content, headers=headers)
    assert reply.status_code == status
    assert reply.json()["message"]


async def test_too_many_files_at_once(client: httpx.AsyncClient, anna: Someone) -> None:
    reply = await upload(client, anna, *(part("docs", "a.pdf", PDF) for _ in range(MOST_FILES + 1)))
    assert reply.json()["errors"] == {"docs": [f"At most {MOST_FILES}."]}


async def test_how_many_files_a_day(
    client: httpx.AsyncClient, anna: Someone, conn: Connection, settings: Settings, now: datetime
) -> None:
    """Two at once do not both take the last place."""
    await fill(conn, anna, count=MOST_FILES_A_DAY - 1, size=1, at=now - timedelta(hours=20))
    replies = await asyncio.gather(*(upload(client, anna, part("docs", "a.pdf", PDF)) for _ in range(4)))
    assert sorted(reply.status_code for reply in replies) == [200, 429, 429, 429]
    refused = next(reply for reply in replies if reply.status_code == 429)
    assert 3.9 * 3600 < int(refused.headers["retry-after"]) <= 4 * 3600
    assert len(kept(settings)) == 1
    await conn.execute("UPDATE file SET created_at = created_at - interval '5 hours'")
    assert (await upload(client, anna, part("docs", "a.pdf", PDF))).status_code == 200


async def test_how_many_bytes_a_day(client: httpx.AsyncClient, anna: Someone, conn: Connection, now: datetime) -> None:
    await fill(conn, anna, count=1, size=MOST_BYTES_A_DAY - 10, at=now)
    assert (await upload(client, anna, part("docs", "a.pdf", PDF))).status_code == 429
    assert (await upload(client, anna, part("docs", "a.txt", b"little"))).status_code == 200


async def fill(conn: Connection, owner: Someone, *, count: int, size: int, at: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO file (owner_id, name, content_type, size_bytes, sha256, storage_key, created_at)
        SELECT %(owner)s, 'a.pdf', 'application/pdf', %(size)s, '', 'key-' || n, %(at)s
        FROM generate_series(1, %(count)s) AS n
        """,
        {"owner": owner.id, "size": size, "at": at, "count": count},
    )


async def test_how_many_calls(client: httpx.AsyncClient, anna: Someone, conn: Connection) -> None:
    await upload(client, anna)
    await conn.execute("UPDATE rate_limit SET hits = %s WHERE key LIKE 'upload:%%'", [MOST_CALLS])
    assert (await upload(client, anna, part("docs", "a.pdf", PDF))).status_code == 429


async def test_the_same_key_keeps_a_file_once(
    client: httpx.AsyncClient, anna: Someone, conn: Connection, settings: Settings
) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="docs"; filename="a.pdf"\r\n\r\n' + PDF + b"\r\n--x--\r\n"
    headers = {**anna.headers, "Content-Type": MULTIPART, "Idempotency-Key": "once"}
    first, again = [await client.post("/upload", content=body, headers=headers) for _ in range(2)]
    assert first.status_code == 200
    assert first.json() == again.json()
    assert await fetch_value(conn, "SELECT count(*) FROM file") == 1
    assert len(kept(settings)) == 1


# Reading


async def test_who_may_read_a_file(
    client: httpx.AsyncClient, anna: Someone, boris: Someone, conn: Connection, now: datetime
) -> None:
    file = await upload_one(client, anna, "image", "a.jpg", picture())
    own = await read(client, anna, file["url"])
    assert own.headers["content-disposition"] == "attachment; filename*=UTF-8''a.jpg"
    assert own.headers["x-content-type-options"] == "nosniff"
    assert own.headers["content-type"] == "image/jpeg"
    assert (await read(client, boris, file["url"])).status_code == 404
    await client.put("/user", json={"ava_id": file["id"]}, headers=anna.headers)
    small = await read(client, boris, file["sizes"]["128"])
    assert small.status_code == 200
    assert small.headers["content-disposition"].startswith("inline")
    await client.put("/user", json={"ava_id": None}, headers=anna.headers)
    assert (await read(client, boris, file["url"])).status_code == 404


async def test_a_file_of_an_event_is_for_who_takes_part(
    client: httpx.AsyncClient, anna: Someone, boris: Someone, conn: Connection, now: datetime
) -> None:
    file = await upload_one(client, anna, "docs", "a.pdf", PDF)
    event = await fetch_value(
        conn,
        """
        INSERT INTO calendar_event
            (status_id, creator_id, label, timezone, starts_at, ends_at, file_ids, created_at, updated_at)
        VALUES (200, %(creator)s, 'Meeting', 'UTC', %(now)s, %(now)s, ARRAY[%(file)s::bigint], %(now)s, %(now)s)
        RETURNING id
        """,
        {"creator": anna.id, "file": file["id"], "now": now},
    )
    assert (await read(client, boris, file["url"])).status_code == 404
    await conn.execute(
        """
        INSERT INTO event_attendee (event_id, person_id, role_id, status_id, created_at, updated_at)
        VALUES (%(event)s, %(person)s, 4, 200, %(now)s, %(now)s)
        """,
        {"event": event, "person": boris.id, "now": now},
    )
    assert (await read(client, boris, file["url"])).status_code == 200
    await conn.execute("UPDATE calendar_event SET creator_id = %s", [boris.id])  # who attaches others' files reads none
    assert (await read(client, boris, file["url"])).status_code == 404


@pytest.mark.parametrize("path", ["/file/999999", "/file/0", "/file/x", "/file/1,2", "/file/99999999999999999999"])
async def test_a_file_that_is_not_there(client: httpx.AsyncClient, anna: Someone, path: str) -> None:
    assert (await client.get(path, headers=anna.headers)).status_code == 404


async def test_sizes_are_of_pictures(client: httpx.AsyncClient, anna: Someone) -> None:
    file = await upload_one(client, anna, "docs", "a.pdf", PDF)
    assert (await client.get(f"/file/{file['id']}?size=128", headers=anna.headers)).status_code == 422
    assert (await client.get(f"/file/{file['id']}?size=129", headers=anna.headers)).status_code == 422


async def test_nobody_reads_or_uploads_without_a_token(client: httpx.AsyncClient) -> None:
    assert (await client.post("/upload")).status_code == 401
    assert (await client.get("/file/5001")).status_code == 401


async def test_refusals_in_russian(client: httpx.AsyncClient, boris: Someone) -> None:
    reply = await upload(client, boris, part("image", "a.jpg", PDF))
    assert reply.json()["message"] == "Ожидается изображение JPEG, PNG, WebP или GIF."


async def test_bytes_stay_where_the_answer_to_the_commit_got_lost(
    client: httpx.AsyncClient, conn: Connection, anna: Someone, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_once = uploads.answer_once

    async def lose(*args: Any) -> None:
        await answer_once(*args)
        raise TooMany(1)  # a failure that the document has

    monkeypatch.setattr(uploads, "answer_once", lose)
    reply = await upload(client, anna, part("image", "beach.jpg", picture()))
    assert reply.status_code == 429
    file_id = await fetch_value(conn, "SELECT id FROM file")
    assert (await read(client, anna, f"/file/{file_id}")).status_code == 200
    assert len(kept(settings)) == 3
