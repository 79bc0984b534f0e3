"""What an uploaded file is refused for."""

from artel.errors import Refused


class FileRefused(Refused):
    """The file cannot be taken: `code` says why, the field is the file's."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code, "file", **facts)
