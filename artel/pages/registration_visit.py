"""Who follows an invitation, and what shows that it is theirs."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response
from litestar.datastructures import State

from artel import clock
from artel.api.context import context_of
from artel.companies.access import Person
from artel.errors import NotFound
from artel.freelancers.invitation_mail import PURPOSE
from artel.freelancers.invitations import InvitationRow, access_invitation
from artel.pages.registration_form import read_uuid
from artel.pages.registration_texts import TEXTS
from artel.pages.render import page
from artel.pages.session import signed_in_person
from artel.people.errors import LinkGone
from artel.people.links import open_link

PageRequest = Request[None, None, State]


class Visit(msgspec.Struct, frozen=True):
    """Who opened which invitation, and what shows the mailbox to be theirs."""

    invitation: InvitationRow
    person: Person | None
    proof: str | None  # a token that stands
    brought_proof: bool  # one was in the address, standing or not

    @property
    def is_own(self) -> bool:
        """The invited person is signed in."""
        return self.person is not None and self.person.person_id == self.invitation.person_id

    @property
    def is_new(self) -> bool:
        """The invited person cannot sign in yet."""
        return not self.invitation.has_password

    def address(self, path: str = "/registration/invite", **more: str) -> str:
        query = {
            "utm_source": "company_invite",
            "utm_medium": "invite",
            "invite_from": str(self.invitation.company_id),
            "hashtoken": str(self.invitation.person_uuid),
            "type": "freelancer-registration",
            **({"proof": self.proof} if self.proof else {}),
            **more,
        }
        return f"{path}?{urlencode(query)}"


async def read_visit(request: PageRequest) -> Visit:
    """Refuses: NotFound for an address that names no standing invitation."""
    company = str(request.query_params.get("invite_from", ""))
    person_uuid = read_uuid(str(request.query_params.get("hashtoken", "")))
    if person_uuid is None or not (company.isascii() and company.isdecimal() and len(company) < 19):
        raise NotFound("invitation")
    person = await signed_in_person(request)
    token = str(request.query_params.get("proof", ""))
    async with context_of(request).database.connection() as conn:
        invitation = await access_invitation(conn, company_id=int(company), person_uuid=person_uuid)
        proof = None
        if token:
            try:
                link = await open_link(conn, token, purpose=PURPOSE, now=clock.now())
                proof = token if link.person_id == invitation.person_id else None
            except LinkGone:
                pass
    return Visit(invitation, person, proof, bool(token))


def show(request: PageRequest, visit: Visit, template: str, *, status_code: int = 200, **context: Any) -> Response[str]:
    return page(
        request,
        f"registration/{template}.html",
        TEXTS,
        status_code=status_code,
        person_language=visit.invitation.language,
        company=visit.invitation.company_name,
        email=visit.invitation.email,
        visit=visit,
        **context,
    )


def mask_email(visit: Visit) -> str:
    """Enough of the address to know one's own by: who has only the link is not told the rest."""
    name, _, domain = visit.invitation.email.partition("@")
    return f"{name[0]}…@{domain[0]}…{domain[domain.rfind('.') :]}"
