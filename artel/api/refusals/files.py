"""Refusals of files."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "file_name_invalid": Entry(422, "The file needs a name with an extension.", "Файлу нужно имя с расширением."),
    "file_empty": Entry(422, "The file is empty.", "Файл пуст."),
    "file_too_large": Entry(422, "A file has at most {most_mib} MiB.", "Файл не больше {most_mib} МиБ."),
    "file_type_not_allowed": Entry(
        422,
        "Files of this type are not taken. Taken are: {allowed}.",
        "Файлы этого типа не принимаются. Принимаются: {allowed}.",
    ),
    "file_type_mismatch": Entry(
        422,
        "The file is not what its name says: .{extension}.",
        "Содержимое файла не соответствует имени: .{extension}.",
    ),
    "file_unsafe": Entry(
        422,
        "The file holds something that could harm whoever opens it.",
        "В файле есть то, что может навредить открывшему его.",
    ),
    "picture_unreadable": Entry(
        422,
        "A JPEG, PNG, WebP or GIF picture is expected.",
        "Ожидается изображение JPEG, PNG, WebP или GIF.",
    ),
    "picture_too_large": Entry(
        422,
        "A picture has at most {most_megapixels} million pixels.",
        "В изображении не больше {most_megapixels} миллионов точек.",
    ),
    "file_expected": Entry(422, "A file is expected.", "Ожидается файл."),
    "file_kind_unknown": Entry(422, "The type of the file is one of: {known}.", "Тип файла — один из: {known}."),
    "file_task_closed": Entry(
        422,
        "The task is paid or waits for its payment: no files are added any more.",
        "Задача оплачена или ожидает оплаты: файлы больше не добавляются.",
    ),
    "too_many_files": Entry(422, "A task has at most {most} files.", "У задачи не больше {most} файлов."),
    "acceptance_title_missing": Entry(422, "The document needs a title.", "Документу нужно название."),
    "file_not_base64": Entry(
        422,
        "Send the file as a form (multipart/form-data), or its bytes in base64.",
        "Отправьте файл формой (multipart/form-data) или его содержимое в base64.",
    ),
}
