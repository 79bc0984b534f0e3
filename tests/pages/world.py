"""What the registration page reads: countries with and without tax documents, an agreement."""

from datetime import datetime

from artel.db.pool import Connection
from artel.freelancers.papers import Agreement, publish_agreement

AGREEMENT = Agreement(
    title_en="Service agreement",
    title_ru="Договор-оферта",
    text_en="# Work\n\nYou take tasks that companies offer you.\n\n# Payment\n\nPaid money is yours.",
    text_ru="# Работа\n\nВы берёте задания, которые предлагают компании.\n\n# Оплата\n\nОплаченные деньги — ваши.",
)


async def fill_reference(conn: Connection, *, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO country (code, alpha3, oksm, title_ru, title_en)
        VALUES ('RU', 'RUS', 643, 'Россия', 'Russia'), ('AU', 'AUS', 36, 'Австралия', 'Australia'),
            ('DE', 'DEU', 276, 'Германия', 'Germany'), ('JP', 'JPN', 392, 'Япония', 'Japan')
        """
    )
    await conn.execute(
        """
        INSERT INTO tax_document_type (country, type, regexp, title_ru, title_en, is_mandatory)
        VALUES ('RU', 'INN', '^\\d{12}$', 'ИНН', 'Taxpayer number (INN)', true),
            ('DE', 'IDNR', '^[1-9]\\d{10}$', 'Налоговый номер (IdNr)', 'Tax identification number (IdNr)', true),
            ('DE', 'STNR', '^\\d{10,13}$', 'Налоговый номер (StNr)', 'Tax number (StNr)', false),
            ('AU', 'TFN', '^[0-9]{8,9}$', 'Налоговый номер (TFN)', 'Tax File Number', false)
        """
    )
    async with conn.transaction():
        await publish_agreement(conn, AGREEMENT, actor_id=None, now=now)
