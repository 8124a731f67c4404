"""Files over HTTP, in and out, as streams: never a variable of GraphQL, and never whole in the gateway's memory.

A file is sent in parts to the service that will own it, each part signed in the caller's name. A download goes to the
service that the file's id names. Imports and exports are started and watched in GraphQL.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from secrets import token_hex
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from gateway.callers.identity import Identity
from gateway.fields.owners import named, owner_of
from gateway.operations import Operations, encoded
from gateway.request import RequestRefused
from gateway.transport import live
from services.kernel import telemetry
from services.kernel.calendar import today
from services.kernel.caller import ANYBODY, Caller
from services.kernel.messages import Refused, Unavailable
from services.kernel.sheets.messages import LARGEST_FILE, LARGEST_PART, FileData, SheetMessages
from services.kernel.sheets.names import file_name

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
STORING, FETCHING, TEMPLATE = 1_000, 500, 100
"""Cost of storing a part, of fetching one, and of a template. A page of 50 models costs about 500."""
DEFAULT_SERVICE, DEFAULT_SHEET = "registration", "models"
_STATUS = {"unauthenticated": 401, "not-permitted": 403, "file-too-large": 413, "rate-limited": 429}


class Files:
    def __init__(self, identity: Identity, operations: Operations) -> None:
        self._identity = identity
        self._operations = operations
        self._background: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        return [
            Route("/files", self._answered(self.store), methods=["POST"]),
            Route("/files/template.xlsx", self._answered(self.template), methods=["GET"]),
            Route("/files/{file}", self._answered(self.fetch), methods=["GET"]),
            Route("/files/{file}", self._answered(self.let_go), methods=["DELETE"]),
        ]

    def _answered(self, endpoint: Any) -> Any:
        async def answer(request: Request) -> Response:
            caller, address = None, self._operations.policy.address(request.scope)
            try:
                caller = await self._identity.identify(request.headers.get("authorization"))
                await self._operations.policy.admit(caller, address)
                answered: Response = await endpoint(request, caller or ANYBODY)
                return answered
            except Refused as refused:
                code = refused.refusal.code
                status = _STATUS.get(code, 404 if code.endswith("-not-found") else 400)
                bad = RequestRefused.because(status, refused.refusal)
            except RequestRefused as found:
                bad = found
            except Unavailable:
                vi, en = (
                    "Hệ thống đang bận; hãy gửi lại sau.",
                    "The system is busy; send it again in a while.",
                )
                bad = RequestRefused(503, "unavailable", vi=vi, en=en)
            except Exception:
                telemetry.log.exception("unexpected")
                bad = live.broken()
            headers = {"www-authenticate": "Bearer"} if bad.status == 401 else {}
            body = encoded(self._operations.refused(bad, caller, address))
            return Response(body, bad.status, {**headers, "cache-control": "no-store"}, "application/json")

        return answer

    async def store(self, request: Request, caller: Caller) -> Response:
        """Forwards the body while it arrives. The request needs a token, so a page of another site cannot forge it."""
        messages = _asked(request)
        unit, name = request.query_params.get("unit", ""), request.query_params.get("name", "")
        if caller is ANYBODY:
            caller.scope(messages.StoreFilePart.roles, today())
        if not unit or not name:
            field = "unit" if not unit else "name"
            vi = f"Thiếu tham số “{field}”: /files?unit=<mã đơn vị>&name=<tên tệp>."
            en = f"The parameter “{field}” is missing: /files?unit=<unit id>&name=<file name>."
            raise RequestRefused(400, "request-invalid", vi=vi, en=en, fields=(field,))
        declared = request.headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > LARGEST_FILE:
            raise _too_large()
        _refuse_form(request)
        file, number, size = messages.FILE.id(token_hex(12)), 0, 0
        try:
            async for data, last in _parts(request.stream()):
                size += len(data)
                if size > LARGEST_FILE:
                    raise _too_large()
                await self._pay(request, caller, STORING)
                part = messages.StoreFilePart(
                    file=file, unit=unit, name=name, number=number, data=data, last=last
                )
                await self._operations.client.ask(part, caller, dict[str, Any], key=f"{file}/{number}")
                number += 1
        except BaseException:
            if number:  # also when the sender has gone, and nobody awaits the answer
                self._in_background(self._discard(messages, file, caller))
            raise
        stored = encoded({"file": file, "name": file_name(name), "size": size})
        return Response(stored, 201, {"cache-control": "no-store"}, "application/json")

    async def let_go(self, request: Request, caller: Caller) -> Response:
        file = request.path_params["file"]
        command = owner_of(file).DiscardFile(file=file)
        await self._operations.client.ask(command, caller, dict[str, Any], key=f"{file}/discard")
        return Response(status_code=204, headers={"cache-control": "no-store"})

    async def _discard(self, messages: SheetMessages, file: str, caller: Caller) -> None:
        with suppress(Refused, Unavailable):
            command = messages.DiscardFile(file=file)
            await self._operations.client.ask(command, caller, dict[str, Any], key=f"{file}/discard")

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _pay(self, request: Request, caller: Caller, cost: float) -> None:
        address = self._operations.policy.address(request.scope)
        await self._operations.policy.pay(None if caller is ANYBODY else caller, address, cost)

    async def template(self, request: Request, caller: Caller) -> Response:
        messages, sheet = _asked(request), request.query_params.get("sheet", DEFAULT_SHEET)
        await self._pay(request, caller, TEMPLATE)
        part = await self._operations.client.ask(messages.Template(sheet=sheet), caller, FileData)
        return Response(part.data, 200, _download(part.name, "public, max-age=3600"), TYPES["xlsx"])

    async def fetch(self, request: Request, caller: Caller) -> Response:
        file = request.path_params["file"]
        messages = owner_of(file)

        async def part(number: int) -> FileData | None:
            await self._pay(request, caller, FETCHING)
            return await self._operations.client.ask(
                messages.FilePart(file=file, number=number),
                caller,
                FileData | None,  # type: ignore[arg-type]
            )

        first = await part(0)
        assert first is not None, "a file has a part"  # noqa: S101

        async def parts() -> AsyncIterator[bytes]:
            number = 0
            found: FileData | None = first
            while found:
                yield found.data
                number += 1
                found = await part(number)

        kind = TYPES.get(first.name.rpartition(".")[2].lower(), "application/octet-stream")
        return StreamingResponse(parts(), 200, _download(first.name, "private, no-store"), kind)


def _refuse_form(request: Request) -> None:
    """A form has other bytes around the file, and a service would find no file in it."""
    if request.headers.get("content-type", "").strip().lower().startswith("multipart/"):
        vi = "Hãy gửi chính tệp làm nội dung yêu cầu (curl --data-binary @tệp), không gửi qua biểu mẫu (curl -F)."
        en = "Send the file itself as the body (curl --data-binary @file), not in a form (curl -F)."
        raise RequestRefused(415, "content-type", vi=vi, en=en)


def _asked(request: Request) -> SheetMessages:
    """The messages of the service in the query string; of registration by default."""
    service = request.query_params.get("service", DEFAULT_SERVICE)
    messages = named(service)
    if messages is None:
        vi, en = f"Không có dịch vụ “{service[:60]}”.", f"There is no service “{service[:60]}”."
        raise RequestRefused(400, "request-invalid", vi=vi, en=en, fields=("service",))
    return messages


async def _parts(stream: AsyncIterator[bytes]) -> AsyncIterator[tuple[bytes, bool]]:
    """The parts of a file, in order, each with whether it is the last."""
    held = bytearray()
    async for chunk in stream:
        held += chunk
        while len(held) > LARGEST_PART:
            yield bytes(held[:LARGEST_PART]), False
            del held[:LARGEST_PART]
    yield bytes(held), True


def _download(name: str, kept: str) -> dict[str, str]:
    return {
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file_name(name), safe='')}",
        "cache-control": kept,
        "x-content-type-options": "nosniff",
    }


def _too_large() -> RequestRefused:
    vi, en = f"Tệp lớn hơn {LARGEST_FILE >> 20} MB.", f"The file is over {LARGEST_FILE >> 20} MB."
    return RequestRefused(413, "file-too-large", vi=vi, en=en, fields=("file",))
