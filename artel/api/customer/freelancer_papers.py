"""What keeps a freelancer from starting a task, and signing for them: operations 11, 12 and 40 of customer-api.md,
and signing a task's documents on a freelancer's behalf."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import State
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, UnsetType

from artel import clock
from artel.api.context import client_address, context_of
from artel.api.customer.access import SignedMember
from artel.api.customer.errors import TABLE
from artel.api.customer.payout_endpoints import FreelancerReference, FreelancerUuid
from artel.api.customer.replies import NOTHING, answer_once
from artel.api.customer.task_references import Id, TaskReference, require_same_company
from artel.api.languages import language_of
from artel.api.refusals.common import camel
from artel.companies.access import Member, Right
from artel.db.pool import Connection
from artel.errors import NotFound
from artel.freelancers.contact_change import require_shared
from artel.freelancers.papers import sign_agreement
from artel.freelancers.queries import access_freelancer
from artel.freelancers.requirements import REFUSALS, Requirement, requirements, sort_by_refusal
from artel.tasks.errors import DoesNotActForFreelancers
from artel.tasks.papers import PaperRow, Signing, papers_of, sign_papers
from artel.tasks.queries import access_task, lock_task

ApiRequest = Request[None, None, State]
Nothing = Response[list[None]]
TaskUuid = Annotated[UUID, QueryParameter(name="taskUuid")]
# As the calls that fill them in name a profile's fields.
FIELD_NAMES = {"country": "residenceCountry"}


class Missing(msgspec.Struct, rename="camel"):
    """Something to be done before work starts: its `name`, the `data` that doing it needs, and why."""

    name: str
    data: dict[str, Any]
    reason: str


class FirstMissing(Missing, kw_only=True):
    """What `start` would be refused for first, and everything that is missing in `requirements`.

    An agreement's `url`, `templateUuid` and `code` stand beside `data` as well: the documents show both forms.
    """

    requirements: list[Missing]
    url: str | UnsetType = UNSET
    template_uuid: UUID | UnsetType = UNSET
    code: str | UnsetType = UNSET


class AgreementToSign(msgspec.Struct, rename="camel"):
    url: str
    template_uuid: UUID
    code: str
    reason: str


class SignAgreement(FreelancerReference, kw_only=True):
    template_uuid: UUID


class SignDocuments(TaskReference, kw_only=True):
    """Without `acceptanceFileIds`: all that the task asks for."""

    acceptance_file_ids: Annotated[list[Id], msgspec.Meta(max_length=100)] | None = None


def render_missing(requirement: Requirement, papers: list[PaperRow], *, base_url: str, language: str) -> Missing:
    facts = requirement.facts
    refusal = REFUSALS[requirement.name]()  # type: ignore[call-arg]
    reason = TABLE[refusal.code].text(language, refusal.facts)
    data: dict[str, Any] = {camel(name): value for name, value in facts.items()}
    match requirement.name:
        case "agreement_required":
            data = {"url": f"{base_url}/agreements/{facts['template_uuid']}", **data, "reason": reason}
        case "profile_not_completed":
            data = {"fields": [FIELD_NAMES.get(name, camel(name)) for name in data["fields"]]}
        case "tax_info_required":
            data = {
                "fields": ["taxNumber", "taxResidenceCountry"],
                "taxResidenceCountry": facts["country"],
                "birthCountryAllowed": facts["birth_country_allowed"],
            }
        case "acceptance_files":
            data["files"] = [
                {
                    "id": paper.id,
                    "fileId": paper.file_id,
                    "title": paper.title_ru,
                    "titleEn": paper.title_en,
                    "url": f"{base_url}/api/customer/files/{paper.file_id}",
                }
                for paper in papers
                if paper.id in data["ids"]
            ]
    return Missing(camel(requirement.name), data, reason)


async def missing_for(
    request: ApiRequest, member: Member, task_uuid: UUID, freelancer_uuid: UUID | None
) -> list[Missing]:
    """Everything that is missing, what `start` refuses first in front.

    Refuses: NotFound for a task that is not the company's, and for a freelancer who is not the task's.
    """
    context = context_of(request)
    async with context.database.connection() as conn:
        task = await access_task(conn, member, uuid=task_uuid)
        if freelancer_uuid is not None:
            freelancer = await access_freelancer(conn, member, freelancer_uuid=freelancer_uuid)
            if freelancer.id != task.freelancer_id:
                raise NotFound("freelancer", "freelancer_uuid")
        found = sort_by_refusal(await requirements(conn, task.freelancer_id, task_id=task.id, now=clock.now()))
        papers = await papers_of(conn, task.id)
    language = language_of(request)
    return [
        render_missing(requirement, papers, base_url=context.settings.base_url, language=language)
        for requirement in found
    ]


@get(
    "/customer/freelancers/check-task-requirements",
    right=Right.VIEW,
    tags=["Freelancers"],
    summary="What a freelancer still has to do before a task can start",
)
async def check_task_requirements(
    request: ApiRequest, member: SignedMember, task_uuid: TaskUuid, freelancer_uuid: FreelancerUuid = None
) -> FirstMissing | list[None]:
    """Nothing: `[]`. Names: agreementRequired, verification, profileNotCompleted, taxInfoRequired, acceptanceFiles,
    ageRestriction, advertisingData."""
    missing = await missing_for(request, member, task_uuid, freelancer_uuid)
    if not missing:
        return NOTHING
    first = missing[0]
    return FirstMissing(
        name=first.name,
        data=first.data,
        reason=first.reason,
        requirements=missing,
        url=first.data.get("url", UNSET),
        template_uuid=first.data.get("templateUuid", UNSET),
        code=first.data.get("code", UNSET),
    )


@get(
    "/customer/freelancers/check-requirements",
    right=Right.VIEW,
    tags=["Freelancers"],
    summary="Deprecated: whether there is an agreement to sign before a task can start",
    deprecated=True,
)
async def check_requirements(
    request: ApiRequest, member: SignedMember, task_uuid: TaskUuid, freelancer_uuid: FreelancerUuid = None
) -> AgreementToSign | list[None]:
    """The agreement alone: check-task-requirements tells the rest."""
    for one in await missing_for(request, member, task_uuid, freelancer_uuid):
        if one.name == "agreementRequired":
            return AgreementToSign(one.data["url"], one.data["templateUuid"], one.data["code"], one.reason)
    return NOTHING


@post(
    "/customer/freelancers/sign-agreement",
    status_code=200,
    right=Right.TEAM,
    tags=["Freelancers"],
    summary="Sign the agreement on a freelancer's behalf",
)
async def sign_for_freelancer(request: ApiRequest, member: SignedMember, data: JSONBody[SignAgreement]) -> Nothing:
    """Once you have shown it to them and they agree. Needs the company's right to act for its freelancers."""
    require_acting(member)

    async def work(conn: Connection) -> list[None]:
        freelancer = await access_freelancer(
            conn, member, freelancer_id=data.freelancer_id, freelancer_uuid=data.freelancer_uuid
        )
        require_shared(freelancer)
        await sign_agreement(
            conn,
            freelancer.id,
            template_uuid=data.template_uuid,
            actor_id=member.person_id,
            company_id=member.company_id,
            address=client_address(request),
            now=clock.now(),
        )
        return NOTHING

    return await answer_once(request, member, work)


@post(
    "/customer/tasks/sign-acceptance-files",
    status_code=200,
    right=Right.TASKS,
    tags=["Tasks"],
    summary="Sign a task's documents on its freelancer's behalf",
)
async def sign_documents(request: ApiRequest, member: SignedMember, data: JSONBody[SignDocuments]) -> Nothing:
    """Once you have shown them to the freelancer, who agrees, and before work starts. Needs the company's right to act
    for its freelancers."""
    require_same_company(member, data.company_id)
    require_acting(member)

    async def work(conn: Connection) -> list[None]:
        task = await lock_task(conn, member, task_id=data.task_id, uuid=data.uuid)
        require_shared(await access_freelancer(conn, member, freelancer_id=task.freelancer_id))
        signing = Signing(actor_id=member.person_id, company_id=member.company_id, address=client_address(request))
        await sign_papers(conn, task, data.acceptance_file_ids, signing=signing, now=clock.now())
        return NOTHING

    return await answer_once(request, member, work)


def require_acting(member: Member) -> None:
    """Refuses: DoesNotActForFreelancers."""
    if not member.acts_for_freelancers:
        raise DoesNotActForFreelancers


ROUTES = [check_task_requirements, check_requirements, sign_for_freelancer, sign_documents]
