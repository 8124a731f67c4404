"""Strawberry without changes: its ASGI view, a class per type, a resolver per relation, a DataLoader per request."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec
import strawberry
from nats.aio.client import Client as Nats
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry import ID, Info, Parent, Private
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

import gateway.schema.words  # noqa: F401 - the same words as enums
from gateway.callers.identity import Identity
from services.kernel.caller import Caller, Tokens
from services.kernel.config import Settings
from services.kernel.messaging import client
from services.kernel.messaging.client import Client
from services.kernel.rows import ByKeys, Fields, Part, Rows
from services.kernel.units import UnitLevel
from services.movement.words import BodyKind, ContributionKind, Field, Level, SubjectKind
from services.registration.models.messages import ModelsPage, ModelState
from services.registration.organisations.messages import OrganisationsById
from services.registration.units.messages import UnitsOnDay
from services.review.messages import ReviewsByModel, Verdict

T = TypeVar("T")


@strawberry.type
class Organisation:
    id: ID
    name: str
    kind: BodyKind
    version: int


@strawberry.type
class Unit:
    id: ID
    name: str
    code: str
    kind: str
    level: UnitLevel
    since: date | None
    until: date | None


@strawberry.type
class Review:
    id: ID
    version: int
    title: str
    opened_on: date
    verdict: Verdict | None
    reason: str | None
    decided_on: date | None
    nominated_on: date | None


@strawberry.type
class Contribution:
    kind: ContributionKind
    amount: Decimal
    on: date
    note: str


@strawberry.type
class ModelRow:
    id: ID
    version: int
    title: str
    summary: str
    field: Field
    subject_kind: SubjectKind
    level: Level
    state: ModelState
    drafted_on: date
    submitted_on: date | None
    registered_on: date | None
    return_reason: str | None
    contributions: list[Contribution]
    owner_id: Private[str]
    unit_on_day: Private[str]


@dataclass
class Context:
    client: Client
    caller: Caller
    owners: "DataLoader[str, Organisation | None]"
    units: "DataLoader[str, Unit | None]"
    reviews: "DataLoader[str, Review | None]"


AnyInfo = Info[Context, None]


async def _owner(parent: Parent[ModelRow], info: AnyInfo) -> Organisation | None:
    return await info.context.owners.load(parent.owner_id)


async def _unit(parent: Parent[ModelRow], info: AnyInfo) -> Unit | None:
    return await info.context.units.load(parent.unit_on_day)


async def _review(parent: Parent[ModelRow], info: AnyInfo) -> Review | None:
    return await info.context.reviews.load(parent.id)


@strawberry.type
class Model(ModelRow):
    owner: Organisation | None = strawberry.field(resolver=_owner)
    unit: Unit | None = strawberry.field(resolver=_unit)
    review: Review | None = strawberry.field(resolver=_review)


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class ModelEdge:
    cursor: str
    node: Model


@strawberry.type
class ModelConnection:
    edges: list[ModelEdge]
    page_info: PageInfo


_models = msgspec.json.Decoder(list[ModelRow])
_organisations = msgspec.json.Decoder(list[Organisation | None])
_units = msgspec.json.Decoder(list[Unit | None])
_reviews = msgspec.json.Decoder(list[Review | None])


def read(rows: Rows, decoder: msgspec.json.Decoder[list[T]]) -> list[T]:
    """Decodes all rows in one call."""
    return decoder.decode(b"[" + b",".join(rows.texts) + b"]")


def columns(type_: type) -> Fields:
    return {name: name for name in type_.__annotations__}


MODEL: Fields = {
    **columns(ModelRow),
    "contributions": Part("contributions", columns(Contribution)),
    "owner_id": "owner",
    "unit_on_day": "unit",
}


@strawberry.type
class Query:
    @strawberry.field
    async def models(self, info: AnyInfo, first: int) -> ModelConnection:
        context = info.context
        query = ModelsPage(first=first, fields=MODEL)
        found = await context.client.ask(query, context.caller, Rows)
        (page,) = found.head.pages
        return ModelConnection(
            edges=[
                ModelEdge(cursor=cursor, node=row)  # type: ignore[arg-type] # a row has what the model shows
                for cursor, row in zip(page.cursors, read(found, _models), strict=True)
            ],
            page_info=PageInfo(
                has_next_page=page.has_next,
                has_previous_page=page.has_previous,
                start_cursor=page.cursors[0] if page.cursors else None,
                end_cursor=page.cursors[-1] if page.cursors else None,
            ),
        )


class Endpoint(GraphQL[Context, None]):
    nats: Nats

    def __init__(self, settings: Settings) -> None:
        super().__init__(strawberry.Schema(query=Query), graphql_ide=None)
        self._settings = settings
        self._identity = Identity(settings)
        self._tokens = Tokens.from_file("gateway", settings.secrets_of("gateway") / "caller.private.json")

    @asynccontextmanager
    async def running(self, _: Starlette) -> AsyncGenerator[None, None]:
        self.nats = await client.connect(self._settings, "gateway")
        self._client = Client(self.nats, self._tokens, timeout=self._settings.request_timeout)
        yield
        await self.nats.close()

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        caller = self._identity.caller(request.headers.get("authorization"))
        assert caller

        def loader(
            message: type[ByKeys], row: type, decoder: msgspec.json.Decoder[list[T | None]]
        ) -> "DataLoader[str, T | None]":
            async def load(keys: list[str]) -> list[T | None]:
                query = message(keys=tuple(keys), fields=columns(row))
                return read(await self._client.ask(query, caller, Rows), decoder)

            return DataLoader(load_fn=load)

        return Context(
            self._client,
            caller,
            owners=loader(OrganisationsById, Organisation, _organisations),
            units=loader(UnitsOnDay, Unit, _units),
            reviews=loader(ReviewsByModel, Review, _reviews),
        )


def create_app() -> Starlette:
    endpoint = Endpoint(Settings())
    return Starlette(routes=[Route("/graphql", endpoint)], lifespan=endpoint.running)
