"""Why documents are declined: told to the freelancer, in their language."""

from collections.abc import Mapping

import msgspec

from artel.verifications.errors import DeclineReasonIncomplete, DeclineReasonUnknown

LONGEST_REASON = 500
OTHER = "other"  # in the operator's own words
NOT_CONFIRMED = "not_confirmed"  # what a provider means that gives no reason
REASONS: Mapping[str, tuple[str, str]] = {
    "unreadable": (
        "The photos cannot be read: they are blurred, dark or cut off.",
        "Фотографии не читаются: они размыты, слишком тёмные или обрезаны.",
    ),
    "expired": ("The document has expired.", "Срок действия документа истёк."),
    "not_accepted": (
        "This document is not accepted: send a passport, an identity card, a driving licence or a residence permit.",
        "Этот документ не подходит: отправьте паспорт, удостоверение личности, водительские права или вид на "
        "жительство.",
    ),
    "data_differ": (
        "The name or date of birth in the document is not that of your profile.",
        "Имя или дата рождения в документе не совпадают с данными профиля.",
    ),
    "face_differs": (
        "The face in the selfie is not that of the document.",
        "Лицо на селфи не совпадает с фотографией в документе.",
    ),
    NOT_CONFIRMED: (
        "The documents could not be confirmed.",
        "Не удалось подтвердить документы.",
    ),
}


class Reason(msgspec.Struct, frozen=True):
    code: str
    en: str
    ru: str

    def text(self, language: str) -> str:
        return self.ru if language == "RU" else self.en


def decline_reason(code: str, en: str = "", ru: str = "") -> Reason:
    """One of REASONS by its code or, as `other`, in words of one's own in both languages.

    Refuses: DeclineReasonUnknown; DeclineReasonIncomplete for a language that is missing or too long.
    """
    if code in REASONS:
        return Reason(code, *REASONS[code])
    if code != OTHER:
        raise DeclineReasonUnknown
    words = {"reason_en": " ".join(en.split()), "reason_ru": " ".join(ru.split())}
    for field, text in words.items():
        if not text or len(text) > LONGEST_REASON or "\0" in text:
            raise DeclineReasonIncomplete(field)
    return Reason(OTHER, words["reason_en"], words["reason_ru"])
