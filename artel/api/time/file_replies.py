"""How a file of somebody's own looks on the wire."""

import msgspec

from artel.api.time.replies import instant
from artel.files.queries import PersonFile


class FileReply(msgspec.Struct):
    """`type` is the media type, `size` in bytes. `sizes` of a picture: its longest side in pixels, at most -> where
    it is; `original` is as large as is kept. All addresses want the token."""

    id: int
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    url: str
    sizes: dict[str, str]
    created_at: str


def render_file(file: PersonFile, *, base_url: str) -> FileReply:
    url = f"{base_url}/api/file/{file.id}"
    sizes = {str(side): f"{url}?size={side}" for side in file.sizes}
    return FileReply(
        id=file.id,
        name=file.name,
        type=file.content_type,
        size=file.size_bytes,
        width=file.width,
        height=file.height,
        url=url,
        sizes={"original": url, **sizes} if file.width else {},
        created_at=instant(file.created_at),
    )
