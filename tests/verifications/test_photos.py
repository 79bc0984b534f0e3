"""Photos are made harmless: what is kept is the picture alone."""

import io

import pytest
from PIL import Image

from artel.errors import Refused
from artel.verifications.photos import LONGEST_SIDE, clean_photo
from tests.verifications import pictures

MOST = 20 * 2**20


@pytest.mark.parametrize(
    "content",
    [
        pictures.jpeg(),
        pictures.saved("PNG"),
        pictures.saved("PNG", "RGBA"),
        pictures.saved("PNG", "P"),
        pictures.saved("PNG", "L"),
        pictures.saved("PNG", "1"),
        pictures.saved("WEBP"),
        pictures.saved("JPEG", "CMYK"),
        pictures.saved("JPEG", "L"),
        pictures.POLYGLOT,
    ],
)
async def test_what_is_kept_is_a_picture_and_nothing_else(content: bytes) -> None:
    kept = await clean_photo(content, most_bytes=MOST)
    with Image.open(io.BytesIO(kept)) as picture:
        picture.load()
        assert (picture.format, picture.mode) == ("JPEG", "RGB")
        assert len(picture.getexif()) == 0
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(picture.info)
    for hidden in (pictures.SECRET_PLACE, pictures.SCRIPT, b"PK\x03\x04", b"passwd", b"Exif"):
        assert hidden not in kept


async def test_it_stands_upright_and_is_no_larger_than_needed() -> None:
    kept = await clean_photo(pictures.jpeg(6000, 3000), most_bytes=MOST)
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.size == (LONGEST_SIDE // 2, LONGEST_SIDE)


async def test_what_is_seen_through_becomes_white() -> None:
    kept = await clean_photo(pictures.saved("PNG", "RGBA"), most_bytes=MOST)
    with Image.open(io.BytesIO(kept)) as picture:
        assert picture.getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "photo_missing"),
        (b"x" * (MOST + 1), "file_too_large"),
        (b"hello", "photo_unreadable"),
        (pictures.SVG, "photo_unreadable"),
        (pictures.SCRIPT, "photo_unreadable"),
        (b"GIF89a" + pictures.SCRIPT, "photo_unreadable"),
        (pictures.zip_bomb(), "photo_unreadable"),
        (b"%PDF-1.7\n%%EOF", "photo_unreadable"),
        (pictures.saved("GIF"), "photo_unreadable"),
        (pictures.saved("BMP"), "photo_unreadable"),
        (pictures.saved("TIFF"), "photo_unreadable"),
        (pictures.jpeg()[:-400], "photo_unreadable"),
        (pictures.jpeg()[:40], "photo_unreadable"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 500, "photo_unreadable"),
        (pictures.png_claiming(500, 400)[:-20], "photo_unreadable"),
        (pictures.png_claiming(20_000, 20_000), "photo_too_large"),
        (pictures.png_claiming(2**31 - 1, 2**31 - 1), "photo_too_large"),
        (pictures.jpeg(400, 299), "photo_too_small"),
        (
            pictures.saved("WEBP", save_all=True, append_images=[Image.new("RGB", (500, 400), "red")]),
            "photo_unreadable",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        await clean_photo(content, most_bytes=MOST)
    assert refused.value.code == code
