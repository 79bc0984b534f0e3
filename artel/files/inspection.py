"""Looking into a file before it is kept: what it is by its bytes, whatever its name says (RELIABILITY 15).

Kept files are only ever given out as attachments, so a browser runs none of them; what is refused here is what could
harm whoever opens it: programs, pages, pictures with script, archives that unpack into gigabytes.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Collection

import puremagic

from artel.files.errors import FileRefused

LONGEST_NAME = 200
# Binary types by extension: the bytes have to look like it.
BINARY = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "zip": "application/zip",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "rtf": "application/rtf",
    "mp4": "video/mp4",
}
TEXT = {
    "txt": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
    "json": "application/json",
    "xml": "application/xml",
}
VIDEO = {"mp4": "video/mp4", "m4v": "video/mp4", "mov": "video/quicktime", "webm": "video/webm"}
PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "webp"})
DOCUMENTS = frozenset(BINARY.keys() | TEXT.keys()) - {"mp4"}
ZIPPED = {"zip", "docx", "xlsx", "pptx", "odt", "ods"}
# Of these, the bytes do not say which.
SAME_BYTES = ({"jpg", "jpeg"}, {"mp4", "m4v"})
# A document has some thousand parts and unpacks to some ten times its size.
MOST_MEMBERS = 10_000
MOST_UNPACKED_BYTES = 500 * 1024 * 1024
MOST_GROWTH = 200
# What makes a text more than a text for some program that opens it.
ACTIVE_TEXT = re.compile(rb"<\s*(script|html|svg|iframe|!doctype\s+html)|<\?xml-stylesheet|^#!", re.IGNORECASE)
UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')


def safe_name(name: str) -> str:
    """The file's own name, without folders and without signs that file systems or headers trip over."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    cleaned = UNSAFE_IN_NAMES.sub("_", "".join(c for c in last if unicodedata.category(c) != "Cf")).strip(" .")
    if not cleaned or "." not in cleaned:
        raise FileRefused("file_name_invalid")
    stem, _, extension = cleaned.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(extension) - 1]}.{extension}"


def content_type_of(
    name: str, content: bytes, *, most_bytes: int, allowed: Collection[str] = BINARY.keys() | TEXT.keys()
) -> str:
    """The type of a file whose bytes are what its name says; `allowed` are the extensions that are taken.

    Reading a large archive's directory takes a moment: to be called in a thread by whoever serves others meanwhile.

    Refuses: file_empty; file_too_large; file_type_not_allowed; file_type_mismatch where the bytes are something
    else; file_unsafe for active content in a text and for archives that are damaged or made to burst.
    """
    if not content:
        raise FileRefused("file_empty")
    if len(content) > most_bytes:
        raise FileRefused("file_too_large", most_mib=most_bytes // 2**20)
    extension = name.rsplit(".", 1)[-1].lower()
    if extension not in allowed:
        raise FileRefused("file_type_not_allowed", allowed=", ".join(sorted(allowed)))
    if extension in TEXT:
        require_plain_text(content)
        return TEXT[extension]
    if extension not in looks_like(content):
        raise FileRefused("file_type_mismatch", extension=extension)
    if extension in ZIPPED:
        require_harmless_archive(content)
    return (BINARY | VIDEO)[extension]


def looks_like(content: bytes) -> set[str]:
    """The extensions that bytes like these have."""
    try:
        found = {match.extension.lstrip(".") for match in puremagic.magic_string(content)}
    except (puremagic.PureError, ValueError):
        return set()
    for same in SAME_BYTES:
        if found & same:
            found |= same
    return found


def require_plain_text(content: bytes) -> None:
    """UTF-8, UTF-16 or the Windows Cyrillic page; no control bytes; nothing that a browser would run."""
    if b"\0" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused("file_type_mismatch", extension="txt")
    if ACTIVE_TEXT.search(content[: 2**20].replace(b"\0", b"")):
        raise FileRefused("file_unsafe")


def require_harmless_archive(content: bytes) -> None:
    """By the archive's own directory, without unpacking anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, UnicodeDecodeError):
        raise FileRefused("file_unsafe") from None
    unpacked = sum(member.file_size for member in members)
    climbs = any(".." in member.filename.split("/") or member.filename.startswith("/") for member in members)
    if len(members) > MOST_MEMBERS or unpacked > MOST_UNPACKED_BYTES or unpacked > MOST_GROWTH * len(content) or climbs:
        raise FileRefused("file_unsafe")
