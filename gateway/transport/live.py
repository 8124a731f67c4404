"""Long-lived connections: they end with the token, and when the client does not read."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.types import Send

from gateway.request import RequestRefused
from services.kernel.caller import Caller


class SlowClient(Exception):  # noqa: N818
    """The client does not read."""


class Gone(Exception):  # noqa: N818
    """The client has closed the connection."""


def patient(send: Send, seconds: float) -> Callable[[Any], Awaitable[None]]:
    """Sends a message. Raises `SlowClient` if the server does not take it within that many seconds.

    The server takes no message while the client has more than 64 kB unread. Meanwhile no further event is read from the
    producer, so a slow client uses a bounded amount of memory.
    """

    async def sent(message: Any) -> None:
        try:
            async with asyncio.timeout(seconds):
                await send(message)
        except TimeoutError:
            raise SlowClient from None
        except OSError:
            raise Gone from None

    return sent


def remaining(caller: Caller | None) -> float:
    """Seconds until the caller's token expires."""
    expires = caller.expires if caller else None
    return (expires - datetime.now(UTC)).total_seconds() if expires else float("inf")


def token_expired() -> RequestRefused:
    vi = "Mã truy cập đã hết hạn; hãy nối lại bằng mã mới, từ con trỏ cuối cùng."
    en = "The token has expired; connect again with a new one, from the last cursor on."
    return RequestRefused(401, "token-expired", vi=vi, en=en)


def slow_client() -> RequestRefused:
    vi = "Máy khách không đọc kịp; hãy nối lại từ con trỏ cuối cùng."
    en = "The client does not keep up; connect again from the last cursor on."
    return RequestRefused(408, "slow-client", vi=vi, en=en)


def broken() -> RequestRefused:
    vi = "Lỗi hệ thống; xin báo cho người vận hành."
    return RequestRefused(500, "internal", vi=vi, en="Internal error; please tell the operator.")
