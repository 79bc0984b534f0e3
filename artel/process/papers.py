"""The papers that freelancers sign, as the operator handles them: `artel agreement list`, `artel acceptance-file …`."""

from artel import clock
from artel.files import acceptance
from artel.files.acceptance import AcceptanceFile, OfferRow
from artel.files.inspection import content_type_of, safe_name
from artel.files.rules import NewFile
from artel.files.store import FileStore
from artel.freelancers.agreements import PublishedRow, list_agreements
from artel.process.commands import small_database
from artel.settings import Settings


async def published_agreements(settings: Settings) -> list[PublishedRow]:
    async with small_database(settings) as database, database.connection() as conn:
        return await list_agreements(conn)


async def offer_document(
    settings: Settings, file_name: str, content: bytes, *, company_id: int | None, title_en: str, title_ru: str
) -> AcceptanceFile:
    """Refuses: FileRefused for what no upload would be let in with either; what `add_acceptance_file` refuses."""
    name = safe_name(file_name)
    content_type = content_type_of(name, content, most_bytes=settings.max_upload_bytes)
    files = FileStore(settings.files_url, settings.home)
    key = await files.put(content)
    try:
        async with small_database(settings) as database, database.transaction() as conn:
            return await acceptance.add_acceptance_file(
                conn,
                NewFile(name, content_type, content, key),
                company_id=company_id,
                title_en=title_en,
                title_ru=title_ru,
                now=clock.now(),
            )
    except BaseException:  # whatever it was, nobody will ask for these bytes
        await files.remove(key)
        raise


async def offered_documents(settings: Settings) -> list[OfferRow]:
    async with small_database(settings) as database, database.connection() as conn:
        return await acceptance.list_acceptance_files(conn)


async def withdraw_document(settings: Settings, acceptance_file_id: int) -> None:
    """Refuses: NotFound."""
    async with small_database(settings) as database, database.transaction() as conn:
        await acceptance.withdraw_acceptance_file(
            conn, acceptance_file_id, company_id=None, actor_id=None, now=clock.now()
        )
