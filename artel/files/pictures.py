"""Pictures, made harmless and small before they are kept.

Whatever somebody sends is decoded and encoded anew: places, cameras and times in it are gone, and so is all that is no
picture, hidden behind one or in one. One that moves stands still: its first frame is kept. Colours are taken as sRGB.
"""

import asyncio
import io
import struct
import zlib
from typing import Any

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from artel.files.errors import FileRefused
from artel.files.inspection import BINARY, looks_like

# Format -> the extension that it is kept under. What is in GIF is kept as PNG.
FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "png"}
# A decoded picture takes four bytes a pixel, and what is kept has four million: what claims more than a good camera
# makes is made to burst.
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 2048
SMALLER_SIDES = (512, 128)
SAVING: dict[str, dict[str, Any]] = {
    "jpg": {"format": "JPEG", "quality": 86, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "optimize": False},
    "webp": {"format": "WEBP", "quality": 86, "method": 4},
}
UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    MemoryError,
    IndexError,
    KeyError,
    TypeError,
    struct.error,
    zlib.error,
)
# A decoded picture takes up to a quarter of a gigabyte, so one at a time in each process.
one_picture_at_a_time = asyncio.Semaphore(1)


class Encoded(msgspec.Struct, frozen=True):
    """A picture at one size. `longest_side` is what it was made to fit."""

    longest_side: int
    width: int
    height: int
    content: bytes


class Picture(msgspec.Struct, frozen=True):
    """A picture as it is kept: the largest, and smaller ones of it."""

    extension: str
    content_type: str
    largest: Encoded
    smaller: list[Encoded]


async def read_picture(content: bytes) -> Picture:
    """Encode a JPEG, PNG, WebP or GIF anew, upright, at most LONGEST_SIDE pixels a side; and smaller ones of it.

    It is for the bytes to say what the picture is, whatever its name says. Takes a moment, in a thread: not to be
    called while a transaction is open.
    Refuses: picture_unreadable for what is none of these or is damaged; picture_too_large for more than MOST_PIXELS,
    before anything is decoded.
    """
    async with one_picture_at_a_time:
        return await asyncio.to_thread(encode_anew, content)


def encode_anew(content: bytes) -> Picture:
    """As `read_picture`, in the calling thread."""
    formats = sorted({name for name, extension in FORMATS.items() if {extension, name.lower()} & looks_like(content)})
    if not formats:
        raise FileRefused("picture_unreadable")
    try:
        with Image.open(io.BytesIO(content), formats=formats) as opened:
            width, height = opened.size  # as its header says: nothing is decoded yet
            if width * height > MOST_PIXELS:
                raise too_large()
            extension = FORMATS[opened.format or ""]
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than it is wanted
            picture = plain(opened, with_alpha=extension != "jpg")
        largest = encode(picture, extension, LONGEST_SIDE)
        smaller = [encode(picture, extension, side) for side in SMALLER_SIDES]
    except Image.DecompressionBombError:  # far above our own bound
        raise too_large() from None
    except UNREADABLE:
        raise FileRefused("picture_unreadable") from None
    return Picture(extension, BINARY[extension], largest, smaller)


def too_large() -> FileRefused:
    return FileRefused("picture_too_large", most_megapixels=MOST_PIXELS // 1_000_000)


def plain(opened: Image.Image, *, with_alpha: bool) -> Image.Image:
    """The first frame, upright, no larger than is kept, as colours alone: nothing of the file's own notes goes on."""
    opened.load()
    is_transparent = with_alpha and opened.has_transparency_data
    picture = opened.convert("RGBA" if is_transparent else "RGB")
    picture.getexif().update(opened.getexif())  # which way is up; a conversion may lose it
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    picture = ImageOps.exif_transpose(picture)
    picture.info.clear()
    return picture


def encode(picture: Image.Image, extension: str, longest_side: int) -> Encoded:
    fitted = picture.copy()
    fitted.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    fitted.save(written, **SAVING[extension])
    return Encoded(longest_side, fitted.width, fitted.height, written.getvalue())
