"""Refusals of verifications: of photos, and of operators' decisions."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "photo_missing": Entry(422, "Take or choose a photo.", "Сделайте или выберите фотографию."),
    "photo_unreadable": Entry(
        422,
        "This is not a photo we can read: a JPEG, PNG or WebP picture is needed.",
        "Не удалось прочитать фотографию: нужна картинка JPEG, PNG или WebP.",
    ),
    "photo_too_large": Entry(
        422,
        "The picture has too many pixels: at most {most_megapixels} million.",
        "В картинке слишком много точек: не больше {most_megapixels} миллионов.",
    ),
    "photo_too_small": Entry(
        422,
        "The picture is too small to be read: at least {least} pixels on each side.",
        "Картинка слишком мала, чтобы её прочитать: не меньше {least} точек по каждой стороне.",
    ),
    "document_unknown": Entry(422, "Choose a document.", "Выберите документ."),
    "consent_missing": Entry(
        422,
        "Without your consent we may not look at your photos.",
        "Без вашего согласия мы не можем рассматривать фотографии.",
    ),
    "verification_waiting": Entry(
        422,
        "Your documents have been sent and are being checked.",
        "Ваши документы уже отправлены и проверяются.",
    ),
    "verification_done": Entry(422, "Your identity is already confirmed.", "Ваша личность уже подтверждена."),
    "verification_decided": Entry(
        409,
        "This has been decided in the meantime.",
        "По этой проверке уже принято решение.",
    ),
    "verification_own": Entry(403, "Nobody decides on themselves.", "О себе решать нельзя."),
    "decline_reason_unknown": Entry(422, "Choose a reason.", "Выберите причину."),
    "decline_reason_incomplete": Entry(
        422,
        "Write the reason in both languages.",
        "Напишите причину на обоих языках.",
    ),
}
