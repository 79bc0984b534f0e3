"""What the verification page says."""

from artel.pages.texts import Texts

TEXTS: Texts = {
    "title": ("Confirm who you are", "Подтвердите личность"),
    "lead": (
        "Have your document ready. It takes about three minutes.",
        "Приготовьте документ. Это займёт около трёх минут.",
    ),
    "asked_by": ("You were sent here by {company}.", "Вас сюда направила компания {company}."),
    "step_of": ("Step {number} of {count}", "Шаг {number} из {count}"),
    "back": ("Back", "Назад"),
    "document_title": ("Which document do you have at hand?", "Какой документ у вас под рукой?"),
    "passport": ("Passport", "Паспорт"),
    "id_card": ("Identity card", "Удостоверение личности"),
    "driving_licence": ("Driving licence", "Водительские права"),
    "residence_permit": ("Residence permit", "Вид на жительство"),
    "passport_front_title": ("The passport's page with your photo", "Разворот паспорта с вашей фотографией"),
    "front_title": ("The document's front", "Лицевая сторона документа"),
    "back_title": ("The document's back", "Обратная сторона документа"),
    "selfie_title": ("A photo of your face", "Фотография вашего лица"),
    "document_lead": (
        "Lay it flat in good light. All four corners and every letter should be seen, without glare.",
        "Положите его ровно при хорошем свете. Должны быть видны все четыре угла и каждая буква, без бликов.",
    ),
    "selfie_lead": (
        "Look straight into the camera, in good light, without sunglasses or a hat.",
        "Смотрите прямо в камеру, при хорошем свете, без тёмных очков и головного убора.",
    ),
    "photo": ("Photo", "Фотография"),
    "photo_hint": ("JPEG, PNG or WebP, at most {most} MB.", "JPEG, PNG или WebP, не больше {most} МБ."),
    "from_camera": ("Take it with the camera instead", "Лучше снять камерой"),
    "from_files": ("Choose a picture that you have instead", "Лучше выбрать готовую картинку"),
    "preview": ("The photo you have chosen", "Выбранная фотография"),
    "have_photo": (
        "We have this photo. Take another one, or go on.",
        "Эта фотография уже есть. Сделайте другую или продолжайте.",
    ),
    "next": ("Continue", "Продолжить"),
    "sending": ("Sending …", "Отправляем …"),
    "go_on": ("Go on without changing it", "Продолжить, не меняя"),
    "send_title": ("Check and send", "Проверьте и отправьте"),
    "send_lead": (
        "Everything is here. Only those who check documents will see your photos.",
        "Всё готово. Ваши фотографии увидят только те, кто проверяет документы.",
    ),
    "again": ("Take it again", "Переснять"),
    "change": ("Choose another document", "Выбрать другой документ"),
    "is_there": ("received", "получено"),
    "consent": (
        "I agree that my photos are used to confirm who I am. They are deleted {days} days after the decision.",
        "Я согласен, что мои фотографии используются для подтверждения личности. Их удалят через {days} дней после "
        "решения.",
    ),
    "send": ("Send", "Отправить"),
    "sent_title": ("Thank you, we have got everything", "Спасибо, мы всё получили"),
    "sent_text": (
        "We will look at your photos and write to you. You can close this page.",
        "Мы посмотрим фотографии и напишем вам. Эту страницу можно закрыть.",
    ),
    "waiting_title": ("Your documents are being checked", "Ваши документы проверяются"),
    "waiting_text": (
        "You have sent them already, and there is nothing more to do. We will write to you.",
        "Вы уже отправили их, больше ничего делать не нужно. Мы напишем вам.",
    ),
    "verified_title": ("Your identity is confirmed", "Ваша личность подтверждена"),
    "verified_text": ("There is nothing to do here.", "Здесь ничего делать не нужно."),
    "return": ("Back to where you came from", "Вернуться туда, откуда вы пришли"),
    "gone_title": ("This link no longer works", "Эта ссылка больше не работает"),
    "gone_text": (
        "It works once and for seven days. If you have sent your documents, we will write to you; else ask for a new "
        "link where you got this one.",
        "Она действует один раз и семь дней. Если вы отправили документы, мы напишем вам; если нет, попросите новую "
        "ссылку там же, где получили эту.",
    ),
}
