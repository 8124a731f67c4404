"""A column with a rule is shown only in rows in whose unit the caller holds one of the column's roles."""

from typing import Any
from uuid import uuid4

import pytest

from infra.operate.operator import asking
from services.kernel.caller import Caller, Grant
from services.kernel.messages import Role
from services.kernel.rows import Rows
from services.registration.models.messages import (
    ModelsById,
    ModelsFilter,
    ModelsPage,
    ReturnModel,
    SubmitModel,
)
from tests.access.people import PLACE
from tests.access.world import APPRAISER, OFFICER, SUBMITTED, WHY, draft, organisation
from tests.conftest import GraphQL

pytestmark = pytest.mark.asyncio(loop_scope="session")

BESIDE = "u082"
FIELDS: Any = {"id": "id", "why": "return_reason"}


async def test_rule_of_a_column_is_applied_row_by_row(graphql: GraphQL) -> None:
    async with asking(graphql.settings) as services:

        async def does(command: Any, caller: Caller) -> dict[str, Any]:
            return await services.ask(command, caller, dict[str, Any], key=uuid4().hex)

        returned: dict[str, str] = {}
        for unit in (PLACE, BESIDE):
            owner = (await does(organisation(unit), OFFICER))["id"]
            model = returned[unit] = (await does(draft(owner), OFFICER))["id"]
            await does(SubmitModel(model=model, on=SUBMITTED), OFFICER)
            answer = await does(ReturnModel(model=model, reason=WHY, on=SUBMITTED), APPRAISER)
            assert answer["return_reason"] == WHY

        async def reasons(**roles: str) -> list[str | None]:
            grants = tuple(Grant(role=Role(role), unit=unit) for role, unit in roles.items())
            query = ModelsById(keys=tuple(returned.values()), fields=FIELDS)
            rows = (await services.ask(query, Caller(id="x", name="", grants=grants), Rows)).read()
            return [row["why"] if row else "unseen" for row in rows]

        assert await reasons(reporter="u10") == [None, None]
        assert await reasons(leader="u10") == [WHY, WHY]
        assert await reasons(reporter="u10", appraiser=PLACE) == [WHY, None]
        assert await reasons(reporter="u10", appraiser="u10") == [WHY, WHY]
        assert await reasons(appraiser=BESIDE) == ["unseen", WHY]
        assert await reasons(operator="vn", officer="u08") == [None, None]

        both = Caller(
            id="x",
            name="",
            grants=(Grant(role=Role.REPORTER, unit="u10"), Grant(role=Role.APPRAISER, unit=PLACE)),
        )
        for unit, why in ((PLACE, WHY), (BESIDE, None)):
            wanted = ModelsPage(first=1, fields=FIELDS, filter=ModelsFilter(unit=unit))
            page = await services.ask(wanted, both, Rows)
            assert [row and row["why"] for row in page.read()] == [why]
            assert page.head.nulls == ([] if why else ["why"])
