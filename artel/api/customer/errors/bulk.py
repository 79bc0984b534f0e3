"""Refusals of calls with many lines, and of tables."""

from artel.api.refusals.entry import Entry

ENTRIES: dict[str, Entry] = {
    "too_many_lines": Entry(422, "At most {most} lines at once.", "Не больше {most} строк за один раз."),
    "mode_unknown": Entry(
        422,
        "The mode is “all” (everything or nothing) or “each” (each line on its own).",
        "Режим — «all» (всё или ничего) или «each» (каждая строка сама по себе).",
    ),
    "upload_confirmed": Entry(
        409,
        "This table has been confirmed already.",
        "Эта таблица уже подтверждена.",
    ),
    "csv_too_large": Entry(422, "The file is larger than {megabytes} MB.", "Файл больше {megabytes} МБ."),
    "csv_unreadable": Entry(
        422,
        "This is not a CSV table: save it as CSV, in UTF-8 or windows-1251.",
        "Это не таблица CSV: сохраните её как CSV в UTF-8 или windows-1251.",
    ),
    "csv_empty": Entry(
        422,
        "The table needs a line of headings and at least one line below it.",
        "В таблице нужны строка заголовков и хотя бы одна строка под ней.",
    ),
    "csv_column_missing": Entry(422, "The table has no column “{column}”.", "В таблице нет столбца «{column_ru}»."),
    "csv_column_twice": Entry(422, "A column is there twice.", "Один из столбцов указан дважды."),
}
