"""Pictures to send: good ones, and such as are made to harm."""

import io
import struct
import zipfile
import zlib

from PIL import Image

SECRET_PLACE = b"55.7558N"


def jpeg(width: int = 900, height: int = 600, colour: str = "#7799aa", *, exif: bool = True) -> bytes:
    """A photo as a phone makes one, with where and when it was made, lying on its side."""
    picture = Image.new("RGB", (width, height), colour)
    out = io.BytesIO()
    if exif:
        tags = picture.getexif()
        tags[0x0112] = 6  # turned
        tags[0x010E] = SECRET_PLACE.decode()
        picture.save(out, "JPEG", exif=tags, comment=SECRET_PLACE)
    else:
        picture.save(out, "JPEG")
    return out.getvalue()


def saved(format: str, mode: str = "RGB", size: tuple[int, int] = (500, 400), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size).save(out, format, **more)  # type: ignore[arg-type]
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of any size."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/passwd", b"\0" * 20_000_000)
    return out.getvalue()


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>'
SCRIPT = b"<script>alert(document.cookie)</script>"
# A picture that is a page and an archive as well.
POLYGLOT = jpeg(exif=False) + SCRIPT + zip_bomb()
