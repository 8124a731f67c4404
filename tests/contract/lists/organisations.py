"""Lists of organisations."""

from collections.abc import Iterator

from tests.contract.lists import Listed, by_ids


def lists() -> Iterator[Listed]:
    yield by_ids("registration.organisations", "o")
