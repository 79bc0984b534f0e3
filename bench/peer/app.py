"""The task list written the usual way: FastAPI, SQLAlchemy's ORM, pydantic models, uvicorn. On the same data.

Nothing is made slow on purpose: async driver, prepared statements, relations loaded set-based, no N+1, no access log.
"""

import os
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import jwt
from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy import ForeignKey, func, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload

from artel.people.tokens import ALGORITHM, ISSUER, signing_key

URL = os.environ["ARTEL_DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
engine = create_async_engine(URL, pool_size=10)
sessions = async_sessionmaker(engine, expire_on_commit=False)
KEY = signing_key(os.environ["ARTEL_SECRET"])


class Base(DeclarativeBase):
    pass


class Session(Base):
    __tablename__ = "session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    person_id: Mapped[int]
    company_id: Mapped[int]
    ended_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]


class Membership(Base):
    __tablename__ = "company_member"
    person_id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(primary_key=True)
    role: Mapped[str]
    ended_at: Mapped[datetime | None]


class Company(Base):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID]
    email: Mapped[str]
    first_name: Mapped[str]
    last_name: Mapped[str]


class Freelancer(Base):
    __tablename__ = "freelancer"
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    taxation_status: Mapped[int]
    verified_at: Mapped[datetime | None]
    person: Mapped[Person] = relationship(lazy="raise")


class Category(Base):
    __tablename__ = "service_category"
    id: Mapped[int] = mapped_column(primary_key=True)
    title_ru: Mapped[str]
    title_en: Mapped[str]


class Service(Base):
    __tablename__ = "service"
    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("service_category.id"))
    title_ru: Mapped[str]
    title_en: Mapped[str]
    title_doc_ru: Mapped[str]
    title_doc_en: Mapped[str]
    category: Mapped[Category] = relationship(lazy="raise")


class Group(Base):
    __tablename__ = "task_group"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class File(Base):
    __tablename__ = "file"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[int]


class TaskFile(Base):
    __tablename__ = "task_file"
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"), primary_key=True)
    type: Mapped[int]
    file: Mapped[File] = relationship(lazy="raise")


class Task(Base):
    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    uuid: Mapped[uuid.UUID]
    company_id: Mapped[int] = mapped_column(ForeignKey("company.id"))
    state: Mapped[int]
    creator_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    freelancer_id: Mapped[int] = mapped_column(ForeignKey("freelancer.person_id"))
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("task_group.id"))
    external_id: Mapped[str | None]
    create_type: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    copyright: Mapped[bool]
    need_report: Mapped[bool]
    deadline: Mapped[datetime]
    deadline_type: Mapped[int]
    currency: Mapped[str]
    worker_currency: Mapped[str]
    price: Mapped[Decimal]
    worker_price: Mapped[Decimal]
    commission_percent: Mapped[Decimal]
    commission: Mapped[Decimal]
    total: Mapped[Decimal]
    vat: Mapped[Decimal]
    escrow: Mapped[str]
    held: Mapped[Decimal]
    message_count: Mapped[int]
    has_payout: Mapped[bool]
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    pay_requested_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    company: Mapped[Company] = relationship(lazy="raise")
    creator: Mapped[Person] = relationship(foreign_keys=[creator_id], lazy="raise")
    payer: Mapped[Person | None] = relationship(foreign_keys=[payer_id], lazy="raise")
    freelancer: Mapped[Freelancer] = relationship(lazy="raise")
    service: Mapped[Service] = relationship(lazy="raise")
    group: Mapped[Group | None] = relationship(lazy="raise")
    files: Mapped[list[TaskFile]] = relationship(lazy="raise")


class Shape(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class CurrencyShape(Shape):
    currency: str
    id: int


class NamedShape(Shape):
    id: int
    title: str


class PersonShape(Shape):
    id: int
    full_name: str


class WorkerShape(Shape):
    id: int
    uuid: uuid.UUID
    email: str
    first_name: str
    last_name: str
    is_verified: bool
    taxation_status: int


class ServiceShape(Shape):
    id: int
    title: str
    title_en: str
    title_doc: str
    title_doc_en: str


class CategoryShape(Shape):
    id: int
    title: str
    title_en: str


class FileShape(Shape):
    id: int
    name: str
    type_id: int
    owner_id: int


class DeadlineShape(Shape):
    type: int
    trigger_date: str
    is_coming_up: bool


class TaskShape(Shape):
    id: int
    uuid: uuid.UUID
    title: str
    description: str
    state: int
    external_id: str | None
    company_id: int
    customer: NamedShape
    creator: PersonShape
    payer: PersonShape | None
    worker: WorkerShape
    category: ServiceShape
    service: ServiceShape
    parent_category: CategoryShape
    group: NamedShape | None
    create_type: str
    copyright: bool
    need_report: bool
    currency: CurrencyShape
    worker_currency: CurrencyShape
    price: float
    price_in_worker_currency: float
    price_with_commission: float
    commission_amount: float
    commission_percent: float
    vat: float
    full_price_with_vat: float
    hold: dict[str, Any]
    deadline: DeadlineShape
    date_created: str
    date_end: str
    date_finished: str | None
    date_accepted: str | None
    date_pay_at: str | None
    date_paid: str | None
    files: list[FileShape]
    message_count: int
    has_payout: bool


class PaginationShape(Shape):
    count: int
    total: int
    per_page: int
    page: int
    pages: int


class PageShape(Shape):
    items: list[TaskShape]
    pagination: PaginationShape


CURRENCY_IDS = {"RUB": 1, "USD": 2, "EUR": 3}
app = FastAPI()


async def database() -> Any:
    async with sessions() as session:
        yield session


Db = Annotated[AsyncSession, Depends(database)]


async def current_company(db: Db, authorization: Annotated[str, Header()]) -> int:
    claims = jwt.decode(
        authorization.removeprefix("Bearer "), KEY, algorithms=[ALGORITHM], issuer=ISSUER, options={"verify_exp": False}
    )
    found = await db.scalar(
        select(Membership)
        .join(Session, Session.person_id == Membership.person_id)
        .where(
            Session.id == uuid.UUID(claims["sid"]),
            Session.ended_at.is_(None),
            Session.expires_at > datetime.now(UTC),
            Membership.company_id == claims["cid"],
            Membership.ended_at.is_(None),
        )
    )
    if found is None:
        raise HTTPException(401)
    return found.company_id


@app.get("/health/ready")
async def ready() -> dict[str, str]:
    return {}


@app.get("/api/customer/tasks")
async def list_tasks(
    db: Db,
    company_id: Annotated[int, Depends(current_company)],
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=500)] = 20,
) -> PageShape:
    total = await db.scalar(select(func.count()).select_from(Task).where(Task.company_id == company_id)) or 0
    rows = await db.scalars(
        select(Task)
        .where(Task.company_id == company_id)
        .order_by(Task.id.desc())
        .limit(size)
        .offset((page - 1) * size)
        .options(
            joinedload(Task.company),
            joinedload(Task.creator),
            joinedload(Task.payer),
            joinedload(Task.freelancer).joinedload(Freelancer.person),
            joinedload(Task.service).joinedload(Service.category),
            joinedload(Task.group),
            selectinload(Task.files).joinedload(TaskFile.file),
        )
    )
    items = [shape(task) for task in rows]
    return PageShape(
        items=items,
        pagination=PaginationShape(
            count=len(items), total=total, per_page=size, page=page, pages=max(1, -(-total // size))
        ),
    )


def moment(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%d %H:%M:%S") if at else None


def person(of: Person | None) -> PersonShape | None:
    return PersonShape(id=of.id, full_name=f"{of.first_name} {of.last_name}") if of else None


def shape(task: Task) -> TaskShape:
    now = datetime.now(UTC)
    worker, service = task.freelancer.person, task.service
    category = ServiceShape(
        id=service.id,
        title=service.title_ru,
        title_en=service.title_en,
        title_doc=service.title_doc_ru,
        title_doc_en=service.title_doc_en,
    )
    return TaskShape(
        id=task.id,
        uuid=task.uuid,
        title=task.title,
        description=task.description,
        state=task.state,
        external_id=task.external_id,
        company_id=task.company_id,
        customer=NamedShape(id=task.company.id, title=task.company.name),
        creator=person(task.creator),
        payer=person(task.payer),
        worker=WorkerShape(
            id=worker.id,
            uuid=worker.uuid,
            email=worker.email,
            first_name=worker.first_name,
            last_name=worker.last_name,
            is_verified=task.freelancer.verified_at is not None,
            taxation_status=task.freelancer.taxation_status,
        ),
        category=category,
        service=category,
        parent_category=CategoryShape(
            id=service.category.id, title=service.category.title_ru, title_en=service.category.title_en
        ),
        group=NamedShape(id=task.group.id, title=task.group.title) if task.group else None,
        create_type=task.create_type,
        copyright=task.copyright,
        need_report=task.need_report,
        currency=CurrencyShape(currency=task.currency, id=CURRENCY_IDS[task.currency]),
        worker_currency=CurrencyShape(currency=task.worker_currency, id=CURRENCY_IDS[task.worker_currency]),
        price=float(task.price),
        price_in_worker_currency=float(task.worker_price),
        price_with_commission=float(task.price + task.commission),
        commission_amount=float(task.commission),
        commission_percent=float(task.commission_percent),
        vat=float(task.vat),
        full_price_with_vat=float(task.total + task.vat),
        hold={"type": task.escrow, "isActive": task.held > 0},
        deadline=DeadlineShape(
            type=task.deadline_type,
            trigger_date=moment(task.deadline) or "",
            is_coming_up=now < task.deadline < now + timedelta(days=3),
        ),
        date_created=moment(task.created_at) or "",
        date_end=moment(task.deadline) or "",
        date_finished=moment(task.finished_at),
        date_accepted=moment(task.accepted_at),
        date_pay_at=moment(task.pay_requested_at),
        date_paid=moment(task.paid_at),
        files=[
            FileShape(id=each.file.id, name=each.file.name, type_id=each.type, owner_id=each.file.owner_id)
            for each in task.files
        ],
        message_count=task.message_count,
        has_payout=task.has_payout,
    )
