"""Types, statuses and languages, as numbers and words that everything here shares."""

from enum import IntEnum
from typing import Literal

Language = Literal["EN", "RU"]
LANGUAGES: tuple[Language, ...] = ("EN", "RU")
CHANNEL = "artel_documents"


class DocumentType(IntEnum):
    """6 and 7 are the documents' numbers (S, "Получить список документов"). They have none for an act of one task."""

    INVOICE = 6
    REPORT = 7
    ACT = 8


class Status(IntEnum):
    """1 is what the documents show for an invoice that has not topped anything up. Others are issued and stay so."""

    ISSUED = 1
    PAID = 2
