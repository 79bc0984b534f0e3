"""Files to upload."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

CAMERA = "A camera of the tests"
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x08free" * 20
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def picture(format: str = "JPEG", size: tuple[int, int] = (800, 600), mode: str = "RGB", **saving: Any) -> bytes:
    written = io.BytesIO()
    Image.radial_gradient("L").resize(size).convert(mode).save(written, format, **saving)
    return written.getvalue()


def with_notes(format: str = "JPEG", **saving: Any) -> bytes:
    """A picture lying on its side that says where and with what it was taken."""
    notes = Image.Exif()
    notes[0x0112] = 6  # orientation: to be turned by 90 degrees
    notes[0x010F] = CAMERA
    notes.get_ifd(0x8825)[2] = (52.0, 31.0, 0.0)  # the place
    return picture(format, exif=notes, **saving)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims, and has, so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * min(height * (width // 8 + 1), 2_000_000), 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
