"""Files over HTTP: charged to their caller, and given up when their sender breaks off."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.engine import policy
from gateway.transport.files import FETCHING, STORING, TEMPLATE
from services.kernel.credentials import OPERATOR_USER
from services.kernel.messages import Role
from services.kernel.mongo.store import Store
from services.kernel.sheets.messages import LARGEST_PART
from tests.conftest import GraphQL, gateway_with
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")
UNIT = "u437"


async def remaining(graphql: GraphQL, token: str) -> int:
    reply = await graphql.post({"query": "{ __typename }"}, token)
    return int(reply.json()["extensions"]["cost"]["remaining"])


async def test_files_and_templates_cost_their_caller(
    graphql: GraphQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "monotonic", lambda: 0.0)  # budgets do not fill again
    async with gateway_with(graphql, rate_person=10 * 4 * STORING) as limited:
        token = limited.token(Role.OFFICER, UNIT, name="sender of files")
        headers = {"Authorization": f"Bearer {token}"}
        files = limited.url.removesuffix("/graphql") + "/files"
        query = await remaining(limited, token) - await remaining(limited, token)

        async def cost(request: Awaitable[httpx.Response]) -> tuple[int, httpx.Response]:
            before = await remaining(limited, token)
            reply = await request
            return before - await remaining(limited, token) - query, reply

        params = {"unit": UNIT, "name": "a/b.csv"}
        body = b"x" * (2 * LARGEST_PART + 1)
        paid, sent = await cost(limited.http.post(files, params=params, content=body, headers=headers))
        assert (paid, sent.status_code, sent.json()["name"]) == (3 * STORING, 201, "a_b.csv")
        file = f"{files}/{sent.json()['file']}"
        paid, fetched = await cost(limited.http.get(file, headers=headers))
        assert (paid, fetched.content) == (4 * FETCHING, body)
        assert "filename*=UTF-8''a_b.csv" in fetched.headers["content-disposition"]
        paid, _ = await cost(limited.http.get(f"{files}/template.xlsx", headers=headers))
        assert paid == TEMPLATE
        assert (
            await limited.http.post(files, params=params, content=body, headers=headers)
        ).status_code == 201
        assert (await limited.http.get(file, headers=headers)).status_code == 200
        assert (await limited.http.get(file, headers=headers)).status_code == 429


async def test_file_whose_sender_breaks_off_is_given_up(graphql: GraphQL) -> None:
    token = graphql.token(Role.OFFICER, UNIT, name="sender who breaks off")
    where = urlsplit(graphql.url)
    _, writer = await asyncio.open_connection(where.hostname, where.port)
    head = (
        f"POST /files?unit={UNIT}&name=a.csv HTTP/1.1\r\nhost: {where.netloc}\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {8 * LARGEST_PART}\r\n\r\n"
    )
    writer.write(head.encode() + b"x" * (3 * LARGEST_PART))
    store = Store(graphql.settings, "registration", user=OPERATOR_USER)
    mine = {"persons": "sender who breaks off"}
    await until(lambda: _counts(store, {**mine, "parts": {"$gte": 2}}, 1))
    file = await store.db.files.find_one(mine)
    writer.close()
    await until(lambda: _counts(store, {**mine, "uploaded": True}, 0))
    assert await store.db.file_parts.count_documents({"file": (file or {})["_id"]}) == 0
    store.close()


async def _counts(store: Store, wanted: dict[str, Any], number: int) -> bool:
    return await store.db.files.count_documents(wanted) == number
