"""The gateway's one way to the services: asking in the caller's name, and batching what one answer needs."""

from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from services.kernel.caller import Caller, unauthenticated
from services.kernel.client import Client
from services.kernel.inputs import key_of_once
from services.kernel.messages import Command, Query
from services.kernel.units import DatedUnit
from services.registration.models.events import ModelRow, ModelsById
from services.registration.organisations.events import OrganisationRow, OrganisationsById
from services.registration.units.events import UnitsById
from services.review.events import ReviewRow, ReviewsById, ReviewsByModel

T = TypeVar("T")


class Door:
    """One per request: what was loaded for it is loaded once."""

    def __init__(self, client: Client, caller: Caller | None) -> None:
        self._client = client
        self._caller = caller

    # Made when first used: a mutation needs none, and five of them cost a seventh of it.

    @cached_property
    def units(self) -> DataLoader[str, DatedUnit | None]:
        return self._loader(lambda ids: UnitsById(ids=ids), DatedUnit, "id")

    @cached_property
    def organisations(self) -> DataLoader[str, OrganisationRow | None]:
        return self._loader(lambda ids: OrganisationsById(ids=ids), OrganisationRow, "id")

    @cached_property
    def models(self) -> DataLoader[str, ModelRow | None]:
        return self._loader(lambda ids: ModelsById(ids=ids), ModelRow, "id")

    @cached_property
    def reviews(self) -> DataLoader[str, ReviewRow | None]:
        return self._loader(lambda ids: ReviewsById(ids=ids), ReviewRow, "id")

    @cached_property
    def reviews_of(self) -> DataLoader[str, ReviewRow | None]:
        return self._loader(lambda ids: ReviewsByModel(models=ids), ReviewRow, "model")

    @property
    def caller(self) -> Caller:
        if self._caller is None:
            raise unauthenticated(
                "Cần mã truy cập: Authorization: Bearer <mã>.",
                "A token is needed: Authorization: Bearer <token>.",
            )
        return self._caller

    async def ask(self, query: Query, type_: type[T]) -> T:
        return await self._client.ask(query, self.caller, type_)

    async def do(self, command: Command, type_: type[T], key: str) -> T:
        caller = self.caller
        # The key travels in a header: one that a header would change is refused before it does.
        return await self._client.ask(command, caller, type_, key=key_of_once(key))

    def _loader(
        self, query: Callable[[tuple[str, ...]], Query], row: type[T], name: str
    ) -> DataLoader[str, T | None]:
        """One request for all keys of a tick; None for a key that nothing was found under."""

        async def load(keys: list[str]) -> Sequence[T | None]:
            rows: list[T] = await self.ask(query(tuple(keys)), list[row])  # type: ignore[valid-type]
            found = {getattr(r, name): r for r in rows}
            return [found.get(key) for key in keys]

        load_fn: Callable[[list[str]], Awaitable[Any]] = load
        return DataLoader(load_fn=load_fn)
