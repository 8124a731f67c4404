"""Each section of the bench runs to its end at its smallest size. Its figures are not looked at."""

import asyncio
import sys

import pytest

from tests.bench.__main__ import SECTIONS, TINY

PATIENCE = 900.0
"""Seconds: an end to a section that hangs, not a limit to a slow machine."""


def test_each_section_has_a_smallest_size() -> None:
    assert SECTIONS.keys() == TINY.keys()


@pytest.mark.parametrize(
    "section", [pytest.param(name, marks=pytest.mark.xdist_group(f"bench {name}")) for name in SECTIONS]
)
async def test_section_runs_to_its_end(section: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench", section, "--tiny"),
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
