"""Each section of the bench runs to its end at its smallest size, most of them on one stack.

Their figures are not looked at.
"""

import asyncio
import sys

import pytest

from tests.bench.__main__ import SECTIONS, TINY, WITHOUT_STAGE

ON_ONE_STACK = tuple(name for name in SECTIONS if name not in WITHOUT_STAGE)

PATIENCE = 900.0
"""Seconds: an end to a section that hangs, not a limit to a slow machine."""


def test_each_section_has_a_smallest_size() -> None:
    assert SECTIONS.keys() == TINY.keys()


@pytest.mark.parametrize(
    "sections",
    [
        pytest.param(names, id=" ".join(names), marks=pytest.mark.xdist_group(f"bench {names[0]}"))
        for names in (ON_ONE_STACK, *((name,) for name in WITHOUT_STAGE))
    ],
)
async def test_sections_run_to_their_end(sections: tuple[str, ...]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", *sections, "--tiny"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            printed, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    assert process.returncode == 0, printed.decode()
    assert "Warning" not in printed.decode()
