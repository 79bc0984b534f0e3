"""Photos of documents and faces, made harmless before they are kept.

Whatever somebody sends is decoded and encoded anew: places, cameras and times in it are gone, and so is all that is
no picture, hidden behind one or in one. The name that a file had is not kept at all.
"""

import asyncio
import io

from PIL import Image, ImageOps

from artel.files.errors import FileRefused
from artel.files.inspection import looks_like
from artel.files.pictures import UNREADABLE, one_picture_at_a_time
from artel.verifications.errors import PhotoRefused

FORMATS = {"JPEG": {"jpg", "jpeg"}, "PNG": {"png"}, "WEBP": {"webp"}}
# A phone's camera has 12 to 50 million pixels; what claims more is made to burst.
MOST_PIXELS = 60_000_000
LEAST_SIDE = 300
# What is kept is read on a screen.
LONGEST_SIDE = 2400
QUALITY = 88


async def clean_photo(content: bytes, *, most_bytes: int) -> bytes:
    """A JPEG of what the picture shows and nothing else, upright, at most LONGEST_SIDE pixels on each side.

    Refuses: file_empty as photo_missing; file_too_large; photo_unreadable for what is no JPEG, PNG or WebP by its
    bytes, is damaged or moves; photo_too_large for more than MOST_PIXELS, before anything is decoded; photo_too_small.
    """
    if not content:
        raise PhotoRefused("photo_missing")
    if len(content) > most_bytes:
        raise FileRefused("file_too_large", most_mib=most_bytes // 2**20)
    async with one_picture_at_a_time:
        return await asyncio.to_thread(encode_anew, content)


def encode_anew(content: bytes) -> bytes:
    """As `clean_photo`, in the calling thread."""
    formats = [name for name, extensions in FORMATS.items() if extensions & looks_like(content)]
    if not formats:
        raise PhotoRefused("photo_unreadable")
    try:
        with Image.open(io.BytesIO(content), formats=formats) as picture:
            return encode(picture)
    except Image.DecompressionBombError:  # far above our own bound
        raise too_large() from None
    except UNREADABLE:
        raise PhotoRefused("photo_unreadable") from None


def too_large() -> PhotoRefused:
    return PhotoRefused("photo_too_large", most_megapixels=MOST_PIXELS // 1_000_000)


def encode(picture: Image.Image) -> bytes:
    width, height = picture.size  # as its header says: nothing is decoded yet
    if width * height > MOST_PIXELS:
        raise too_large()
    if min(width, height) < LEAST_SIDE:
        raise PhotoRefused("photo_too_small", least=LEAST_SIDE)
    if getattr(picture, "n_frames", 1) != 1:
        raise PhotoRefused("photo_unreadable")
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is decoded no larger than needed
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(picture)
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        plain = Image.new("RGB", upright.size, "white")
        plain.paste(upright, mask=upright.getchannel("A"))
    else:
        plain = upright.convert("RGB")
    # A picture of its own pixels alone: an image that was opened drags what was beside them along.
    bare = Image.new("RGB", plain.size)
    bare.paste(plain)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
