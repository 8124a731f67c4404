"""A page comes from the memory of the process that numbered the events, if the log still has these events."""

import msgspec
import pytest

from services.kernel.log import pages
from services.kernel.log.recent import Recent
from services.kernel.log.replay import Page, Replay
from tests.platform.kernel.conftest import Toy
from tests.platform.kernel.toy import OpenTally, RaiseTally
from tests.waiting import until


async def raised(service: Toy, *keys: str) -> None:
    for key in keys:
        await service.do(RaiseTally(id="t"), key)
    await service.sequencer.number()


async def page(service: Toy, after: int, recent: Recent | None = None) -> Page:
    body = msgspec.json.encode(Replay(after, 3))
    return msgspec.json.decode(await pages.answer(service.store, body, recent), type=Page)


@pytest.mark.parametrize("grown", [0, 2, 4], ids=["shorter", "as long", "longer"])
async def test_page_from_memory_is_the_page_of_the_log(service: Toy, grown: int) -> None:
    await service.do(OpenTally(id="t"), "open")
    await service.sequencer.hold()
    await raised(service, "a", "b", "c")
    recent = service.sequencer.copy.recent
    for after in range(6):
        assert await page(service, after, recent) == await page(service, after)
    assert [event.seq for event in recent.after(1, 2)] == [2, 3]

    await service.restore(2)
    service.sequencer = service.new_sequencer()
    await until(service.sequencer.hold)
    await raised(service, *(f"again {number}" for number in range(grown)))
    for after in range(6):
        assert await page(service, after, recent) == await page(service, after)


async def test_events_that_do_not_follow_are_not_kept_together(service: Toy) -> None:
    recent = Recent()
    await service.do(OpenTally(id="t"), "open")
    await service.sequencer.hold()
    await raised(service, "a", "b", "c")
    _, (first, second, third, fourth) = await service.store.after(0, 9)
    recent.add([first, second])
    recent.add([fourth])
    assert (recent.after(0, 9), recent.after(3, 9)) == ([], [fourth])
    recent.add([])
    recent.clear()
    recent.add([third, fourth])
    assert (recent.after(1, 9), recent.after(2, 1), recent.after(4, 9)) == ([], [third], [])
