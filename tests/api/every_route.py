"""Every call of the OpenAPI document, its path, query and body filled with the ids of one company's world.

A parameter or field that the table below does not know fails the tests: whoever adds one says what to fill it with.
"""

import re
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

import httpx
import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from artel import clock
from artel.api.docs.pages import resolve
from artel.api.wire import wires_of
from artel.companies.access import Right
from tests.api.conformance import METHODS
from tests.api.main_job import PASSWORD
from tests.world import Named, World

# Calls that nobody has to be signed in for.
PUBLIC = {
    ("POST", "/api/login"),
    ("POST", "/api/token/refresh"),
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/metrics"),
    ("GET", "/sandbox/messages"),
    ("POST", "/sandbox/clock"),
    ("POST", "/sandbox/top-up"),
    ("POST", "/sandbox/payouts/{payout}"),
    ("POST", "/sandbox/freelancers/{freelancer_uuid}"),
    ("GET", "/sandbox/webhooks"),
    ("POST", "/sandbox/webhooks/receive"),
}
# What the application serves beside the document: pages, their links carry tokens; the documentation itself.
# Pages for people have tests of who may see what in tests/pages.
UNDOCUMENTED = {
    "/",
    "/agreements/{agreement}",
    "/company/uploads",
    "/company/uploads/{upload}",
    "/company/uploads/{upload}/results.csv",
    "/my",
    "/my/agreement",
    "/my/auto-pay",
    "/my/tasks/{task_id}",
    "/my/tasks/{task_id}/documents",
    "/my/tasks/{task_id}/files/{file_id}",
    "/my/tasks/{task_id}/{step}",
    "/operator/disputes",
    "/operator/disputes/{task_id}",
    "/registration/confirm",
    "/registration/done",
    "/registration/invite",
    "/registration/join",
    "/sign-in",
    "/sign-out",
    "/api/docs",
    "/api/docs/style.css",
    "/api/openapi.json",
    "/api/openapi.json/openapi.json",
    "/api/openapi.json/{path}",
    "/assets/pages.css",
    "/assets/pages.js",
    "/assets/zone.js",
    "/book/{slug}",
    "/book/{slug}/{start}",
    "/bookings/confirm/{token}",
    "/bookings/{token}",
    "/bookings/{token}/cancel",
    "/bookings/{token}/event.ics",
    "/bookings/{token}/pay-card",
    "/bookings/{token}/pay-company",
    "/documents/{token}",
    "/operator/verifications",
    "/operator/verifications/{verification_id}",
    "/operator/verifications/{verification_id}/photos/{part}",
    "/payout-endpoint/added",
    "/payout-endpoint/{token}",
    "/taxation-status/done",
    "/taxation-status/{token}",
    "/verification-provider/reports",
    "/api/google/notifications",
    "/google/callback",
    "/verification/sent",
    "/verification/{token}",
}
ATTRIBUTES = [{"id": 42, "value": "1"}, {"id": 43, "value": "Spring"}, {"id": 44, "value": "Germany"}]


class Operation(msgspec.Struct, frozen=True):
    method: str
    path: str
    right: Right | None  # None: public
    path_names: list[str]
    query_names: list[str]
    body_names: list[str] | None  # None: no body
    body_kind: Literal["object", "list", "form"] = "object"  # a list is of such objects

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Call(msgspec.Struct, frozen=True):
    """A filled request."""

    operation: Operation
    path: str
    query: dict[str, Any]
    body: dict[str, Any] | None

    def __str__(self) -> str:
        return f"{self.operation.method} {self.path} {self.query or ''} {self.body or ''}"

    async def send(self, http: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
        return await http.request(
            self.operation.method,
            f"http://artel.test{self.path}",
            params=self.query or None,
            json=self.body,
            headers=headers,
        )


def operations(app: Litestar, wire: str = "customer") -> list[Operation]:
    """Everything of one wire format that the document names, with the right that its route asks for; what speaks no
    wire format of its own counts with the customer API."""
    wires = {call: {one.name for one in named} for call, named in wires_of(app).items()}
    rights = {
        (method, route.path_format): handler.opt.get("right")
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
    }
    document = app.openapi_schema.to_schema()
    found = []
    for path, item in sorted(document["paths"].items()):
        for method in METHODS:
            if method not in item or wire not in wires.get((path, method), {"customer"}):
                continue
            named = item[method].get("parameters", [])
            names, kind = body_of(document, item[method], wire)
            found.append(
                Operation(
                    method.upper(),
                    path,
                    rights[method.upper(), path],
                    [one["name"] for one in named if one["in"] == "path"],
                    [one["name"] for one in named if one["in"] == "query"],
                    names,
                    kind,
                )
            )
    return found


Body = tuple[list[str] | None, Literal["object", "list", "form"]]


def body_of(document: dict[str, Any], operation: dict[str, Any], wire: str) -> Body:
    """The fields of a body: of JSON, where it may be that; of the format's own, where a call is shared."""
    content = operation.get("requestBody", {}).get("content", {})
    if not content:
        return None, "object"
    schema = content.get("application/json", content.get("multipart/form-data"))["schema"]
    for choice in (schema, *schema.get("oneOf", [])):
        if "$ref" in choice or choice.get("title", "").lower() == f"{wire} api":
            schema = resolve(choice, document)
    if schema.get("type") == "array":
        return list(resolve(schema["items"], document)["properties"]), "list"
    return list(schema["properties"]), "object" if "application/json" in content else "form"


# Of two names for one thing a call is sent with either.
TWO_NAMES = {"taskId": "uuid", "freelancerId": "freelancerUuid"}


class Filler:
    """Fills calls from the table of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def calls(self, operation: Operation) -> Iterator[Call]:
        """By id and by uuid, with and without the company named, with each query parameter alone."""
        seen = set()
        for by_uuid in (False, True):
            for with_company in (False, True):
                for name in (None, *operation.query_names):
                    call = self.call(operation, by_uuid=by_uuid, with_company=with_company, query_name=name)
                    if str(call) not in seen:
                        seen.add(str(call))
                        yield call

    def call(self, operation: Operation, *, by_uuid: bool, with_company: bool, query_name: str | None) -> Call:
        path = operation.path
        for name in operation.path_names:
            path = path.replace(f"{{{name}}}", str(self.named(self.value(operation, name), by_uuid)))
        query = {} if query_name is None else {query_name: self.value(operation, query_name)}
        if operation.body_names is None and not query and "freelancerId" in operation.query_names:
            query = {"freelancerId": self.value(operation, "freelancerId")}
        if "taskUuid" in operation.query_names:
            query["taskUuid"] = self.value(operation, "taskUuid")
        body = None
        if operation.body_names is not None:
            names = set(operation.body_names)
            for id_name, uuid_name in TWO_NAMES.items():
                if {id_name, uuid_name} <= names:
                    names.remove(id_name if by_uuid else uuid_name)
            if not with_company and len(names) > 1:
                names.discard("companyId")
            body = {name: self.value(operation, name) for name in operation.body_names if name in names}
        return Call(operation, path, query, body)

    @staticmethod
    def named(value: Any, by_uuid: bool) -> Any:
        if isinstance(value, Named):
            return value.uuid if by_uuid else value.id
        return value

    def value(self, operation: Operation, name: str) -> Any:
        """What to fill in: what this call wants, else what the name means everywhere. KeyError: say what."""
        special = self.special(operation)
        if name in special:
            return special[name]
        filter_name = re.fullmatch(r"filter\[(\w+)\](?:\[\])?", name)
        value = self.common[filter_name[1] if filter_name else name]
        if name == "taskId":
            return self.task(operation).id
        return value

    def task(self, operation: Operation) -> Named:
        """A task in a state that the call is for."""
        step = operation.path.rsplit("/", 1)[1]
        name = {
            "publish-draft": "draft",
            "prolong-deadline": "late",
            "accept": "result",
            "return-to-work": "result 2",
            "pay": "for_payment",
            "quick-pay": "new",
            "decline": "new 2",
            "payout": "finished",
            "files": "in_work",
            "messages": "in_work",
            "dispute": "result 3",
            "resolve-dispute": "disputed",
            "changes": "in_work 2" if operation.method == "POST" else "proposed",
            "agree": "proposed 2",
            "refuse": "proposed 3",
            "sign-acceptance-files": "new 4",
        }.get(step, "paid_out")
        by_call = {
            "PUT /api/customer/tasks/{task}": "new 3",
            "PATCH /api/customer/tasks/{task}": "draft 2",
        }
        return self.world.tasks[by_call.get(str(operation), name)]

    def special(self, operation: Operation) -> dict[str, Any]:
        """What a name means in one call alone."""
        world = self.world
        ahead = (clock.now() + timedelta(days=20)).strftime("%Y-%m-%d %H:%M:%S")
        idle = world.team["idle"]
        specials: dict[str, dict[str, Any]] = {
            "POST /api/customer/tasks": {"uuid": str(uuid.uuid4()), "externalId": uuid.uuid4().hex},
            "POST /api/tasks": {"uuid": str(uuid.uuid4()), "externalId": uuid.uuid4().hex},
            "POST /api/customer/tasks/bulk": {"tasks": [self.line_of_bulk()]},
            "POST /api/customer/tasks/bulk-pay": {"tasks": [{"uuid": world.tasks["for_payment 2"].uuid}]},
            "POST /api/customer/tasks/total-cost": {"workerCurrency": "USD"},
            "POST /api/customer/tasks/prolong-deadline": {"deadline": ahead},
            "PUT /api/customer/tasks/{task}": {"state": 2},
            "POST /api/customer/tasks/{task}/resolve-dispute": {"state": 4},
            "POST /api/customer/companies/operating-address": {"state": "Saxony"},
            "POST /api/customer/freelancers": {
                "state": "Yorkshire",
                "email": f"{uuid.uuid4().hex}@new.example",
                "phone": "+447400123499",
            },
            "DELETE /api/customer/freelancers": {"freelancerId": idle.id, "freelancerUuid": idle.uuid},
            "DELETE /api/customer/freelancers/cards/{endpoint}": {"endpoint": world.endpoints["card"]},
            "DELETE /api/customer/freelancers/bank-accounts/{endpoint}": {"endpoint": world.endpoints["account"]},
            "DELETE /api/customer/freelancers/wallets/{endpoint}": {"endpoint": world.endpoints["wallet"]},
            "GET /api/customer/documents": {"type": 6},
            "GET /api/customer/documents/download": {"type": 6},
            "PATCH /api/customer/freelancers/profile": {
                "freelancerId": world.team["invited"].id,
                "freelancerUuid": world.team["invited"].uuid,
                "state": "Yorkshire",
            },
            "POST /api/customer/freelancers/request-code-for-change-contacts": {
                "freelancerId": idle.id,
                "freelancerUuid": idle.uuid,
                "email": f"{uuid.uuid4().hex}@new.example",
                "phone": "+447400123498",
            },
            "POST /api/customer/tasks/sign-acceptance-files": {"acceptanceFileIds": [world.acceptance_file_id]},
            "POST /api/customer/acceptance-files": {"title": "Договор с Aurora"},
            "POST /api/customer/freelancers/tax-info": {"type": "IDNR"},
            "POST /api/customer/freelancers/change-taxation-status": {
                "freelancerId": idle.id,
                "freelancerUuid": idle.uuid,
            },
            "POST /api/customer/freelancers/add-tax-document": {"type": "IDNR"},
            "POST /api/customer/task-groups": {"title": "Aurora, winter"},
            "GET /api/customer/web-hook/deliveries": {"filter[state]": "waiting", "filter[name]": "taskStateChanged"},
            "POST /api/customer/web-hook": {"status": "enabled"},
            "POST /sandbox/webhooks/receive": {"status": 200},
            "POST /api/customer/ord/organization": {
                "phoneNumber": "+4930123456",
                "externalOrganisationId": str(uuid.uuid4()),
            },
            "POST /api/customer/ord/contract": {
                "price": "1000.00",
                "externalContractId": str(uuid.uuid4()),
                "contractNumber": uuid.uuid4().hex,
            },
            "POST /api/profile/2fa": {"type": "Google", "code": None},
            "POST /api/profile/2fa/disable": {"code": None},
        }
        return specials.get(str(operation), {}) | (
            {"uuid": self.task(operation).uuid, "task": self.task(operation)}
            if "/tasks" in operation.path and "uuid" not in specials.get(str(operation), {})
            else {}
        )

    def line_of_bulk(self) -> dict[str, Any]:
        names = ("title", "description", "categoryId", "workerId", "attributes", "deadline", "price", "editGroup")
        return {name: self.common[name] for name in names}

    @property
    def common(self) -> dict[str, Any]:
        world = self.world
        busy = world.team["busy"]
        today = clock.now().date().isoformat()
        return {
            "companyId": world.company_id,
            "company_id": world.company_id,
            "creatorId": world.owner.id,
            "payedBy": world.owner.id,
            "freelancer": busy,
            "freelancerId": busy.id,
            "freelancerUuid": busy.uuid,
            "workerId": busy.id,
            "email": world.emails["busy"],
            "phone": world.phone,
            "taskId": None,  # see `task`
            "id": busy.id,
            "uuid": busy.uuid,
            "payoutEndpointId": world.endpoints["account"].id,
            "payoutEndpointType": 6,
            "currencyId": 3,
            # a list
            "page": 1,
            "size": 500,
            "sort": "id",
            "direction": "asc",
            "search": "aurora",
            "note": "recommended",
            "country": "DE",
            "state": 5,
            "externalId": "order of aurora 0",
            "deadlineType": 1,
            "taxationStatusId": 1,
            "workerTaxationStatus": 1,
            "isVerified": "1",
            "isRegistered": "1",
            "isInviteEmailSent": "1",
            "hasPayout": "1",
            "hasCopyright": "0",
            "hasReport": "0",
            "priceFrom": 1,
            "priceTo": 1_000_000,
            **dict.fromkeys(DATE_FILTERS, today),
            # a new task
            "title": "Aurora, one more",
            "description": "Known to aurora alone as well",
            "categoryId": 42,
            "attributes": ATTRIBUTES,
            "deadline": (clock.now() + timedelta(days=10)).strftime("%Y-%m-%d %H:%M:%S"),
            "price": "8123.45",
            "workerCurrency": "EUR",
            "shareCommission": False,
            "copyright": False,
            "needReport": False,
            "createType": "API",
            "validateOnly": False,
            "mode": "each",
            "editGroup": [world.groups[0]],
            "fileIds": [],
            "acceptanceFileIds": [],
            "needInsurance": True,
            "advData": {"endContracts": [{"uuid": world.contract, "sum": 1000}]},
            # the advertising law; what a kind of organisation cannot have is empty
            "organisation": world.organisation,
            "contract": world.contract,
            "task_uuid": world.tasks["in_work"].uuid,
            "legalType": "LEGAL_TYPE_FOREIGN_LEGAL",
            "fullOpf": "Aurora's other customer",
            **dict.fromkeys(("fio", "inn", "kpp", "ogrn", "ogrnip"), ""),
            "registrationNumber": uuid.uuid4().hex,
            "taxId": uuid.uuid4().hex,
            "paymentNumber": "aurora-wallet",
            "regionNumber": "533",
            "externalOrganisationCustomerId": world.organisation,
            "externalOrganisationPerformerId": world.own_organisation,
            "contractDate": "11.01.2020",
            "contractType": "CONTRACT_TYPE_INTERMEDIARY",
            "subjectType": "SUBJECT_TYPE_INTERMEDIARY",
            "actionType": "ACTION_TYPE_CONCLUSION",
            "additionalContractNumber": "",
            "additionalContractNumberDate": "",
            "externalParentId": "",
            "withNds": True,
            "isCreativeReporter": True,
            # what belongs to tasks
            "groupId": world.groups[1],
            "file_id": world.file_id,
            "message": "Aurora says more",
            "comment": "Aurora says why",
            "reason": "Aurora does not see why",
            "changesetId": None,  # whichever is open
            "type": 5,
            "file": "QXVyb3JhJ3MgYW5zd2Vy",
            "name": "aurora-answer.txt",
            "dateFrom": today,
            "dateTo": today,
            # an invitation
            "firstName": "Nina",
            "lastName": "Novak",
            "middleName": "N",
            "citizenship": "GB",
            "address": "1 New Street",
            "postalCode": "LS1 1AA",
            "city": "Leeds",
            "birthdate": "1991-04-15",
            "birthCountry": "GB",
            "specialization": "designer",
            "inEnglish": True,
            "sendEmail": False,
            "zipCode": "04109",
            "residenceCountry": "GB",
            "birthDate": "1991-04-15",
            # papers
            "taskUuid": world.tasks["new 4"].uuid,
            "templateUuid": world.agreement_uuid,
            "acceptance_file": world.acceptance_file_id,
            "titleEn": "Aurora, a promise to keep quiet",
            # a payout method
            "code": "000000",
            "redirectUrl": "https://aurora.example/back",
            "bankAccountType": 1,
            "walletType": 2,
            # a web hook
            "url": "https://aurora.example/hooks?v=2",
            "delivery": world.delivery_id,
            "retryAfter": 1,
            "delaySeconds": 0,
            # oneself
            "username": "owner@aurora.example",
            "password": PASSWORD,
            "newPassword": "another good long password",
            "language": "RU",
            "refreshToken": "no token of anybody",
            # the sandbox
            "freelancer_uuid": world.team["invited"].uuid,
            "registered": False,
            "verified": False,
            "payout": world.tasks["paid_out"],
            "outcome": "partial",
            "completedAmount": "1.00",
            "amount": "10.00",
            "to": world.emails["busy"],
            # reference data
            "service_id": 42,
            "category_id": 1,
            "taxResidenceCountry": "DE",
            # tax data as they are: the busy one has accepted work that waits for its payment
            "taxNumber": "36574261809",
            "vatNumber": None,
            "regNumber": None,
        }


DATES = ("Created", "End", "Finished", "Report", "Accepted", "Paid", "Invited", "Registered", "Verified")
DATE_FILTERS = [f"date{what}{end}" for what in DATES for end in ("From", "To")]
