"""The search through GraphQL: hits, their order, and the scope of the caller."""

import asyncio
import unicodedata
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.conftest import GraphQL
from tests.people import CITY, DISTRICT, TOWN, WARD, Office, Person
from tests.waiting import DEADLINE

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEARCH = """
query Search($text: String!, $filter: ModelsFilter, $first: Int, $after: String, $last: Int, $before: String) {
  search(text: $text, filter: $filter) {
    total asOf facets { kind value total }
    hits(first: $first, after: $after, last: $last, before: $before) {
      edges { cursor node { exact matches { where text start end } model { id title owner { name } } } }
      pageInfo { hasNextPage hasPreviousPage endCursor startCursor }
    }
  }
}
"""
IN_TOWN = {"unit": TOWN}


async def found(who: Person, text: str, /, **variables: Any) -> dict[str, Any]:
    window = {} if "last" in variables else {"first": 20}
    result: dict[str, Any] = (await who.ask(SEARCH, text=text, **{**window, **variables}))["search"]
    return result


def titles(result: dict[str, Any]) -> list[str]:
    return [edge["node"]["model"]["title"] for edge in result["hits"]["edges"]]


async def until_found(who: Person, text: str, many: int) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE):
        while (result := await found(who, text, first=100))["total"] != many:
            await asyncio.sleep(0.02)
    return result


@pytest.fixture
def town(graphql: GraphQL) -> Office:
    return Office(graphql, TOWN)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def marker(graphql: GraphQL) -> str:
    """A word of these three models only. Their titles differ by marks and order; they are in one ward."""
    word = f"q{uuid4().hex[:10]}"
    office = Office(graphql)
    owner = await office.organisation()
    for title in (f"Hòa giải khéo {word}", f"Hoa giải khéo {word}", f"Giải khéo, hoà thuận {word}"):
        await office.draft(owner, title=title)
    await until_found(office.reporter, word, 3)
    return word


async def test_models_are_found_without_marks_in_any_form_and_by_abbreviations(town: Office) -> None:
    whole = await found(town.reporter, "nông thôn mới", filter=IN_TOWN)
    assert whole["total"] > 0
    for text in ("nong thon moi", "NÔNG THÔN MỚI", unicodedata.normalize("NFD", "nông thôn mới"), "NTM"):
        assert (await found(town.reporter, text, filter=IN_TOWN))["total"] == whole["total"], text
    assert whole["asOf"] > 0


async def test_models_are_found_by_owner_and_unit_and_each_hit_has_its_matches(town: Office) -> None:
    result = await found(town.reporter, "dau lieu", filter=IN_TOWN)
    assert result["total"] > 0
    hits = [edge["node"] for edge in result["hits"]["edges"]]
    assert all(any(match["text"] == "Đậu Liêu" for match in hit["matches"]) for hit in hits)
    assert {match["where"] for hit in hits for match in hit["matches"]} >= {"OWNER", "UNIT"}
    for text in ("mặt trận tổ quốc", "MTTQ"):
        by_name = await found(town.reporter, text, filter=IN_TOWN)
        matches = [match for edge in by_name["hits"]["edges"] for match in edge["node"]["matches"]]
        assert "MTTQ" in {match["text"] for match in matches if match["where"] == "OWNER"}, text


async def test_models_are_found_by_the_name_of_their_units_successor(town: Office) -> None:
    """Since 2025-07-01 Đậu Liêu is part of the ward Nam Hồng Lĩnh."""
    for text in ("Nam Hồng Lĩnh", "nam hong linh"):
        result = await found(town.reporter, f"{text} Đậu Liêu")
        assert result["total"] > 0
        assert any(
            match["text"].endswith("Nam Hồng Lĩnh")
            for edge in result["hits"]["edges"]
            for match in edge["node"]["matches"]
        )


async def test_exact_marks_rank_first_and_neighbouring_words_before_scattered_ones(
    graphql: GraphQL, marker: str
) -> None:
    person = Office(graphql).reporter
    exact = await found(person, f"hòa giải {marker}")
    assert titles(exact) == [
        f"Giải khéo, hoà thuận {marker}",
        f"Hòa giải khéo {marker}",
        f"Hoa giải khéo {marker}",
    ]
    assert [edge["node"]["exact"] for edge in exact["hits"]["edges"]] == [True, True, False]
    beside = await found(person, f"giai kheo {marker}")
    assert titles(beside)[-1] == f"Giải khéo, hoà thuận {marker}"


async def test_pages_go_both_ways_and_have_each_hit_once(graphql: GraphQL, marker: str) -> None:
    person = Office(graphql).reporter
    whole = titles(await found(person, f"hòa giải {marker}"))
    first = await found(person, f"hòa giải {marker}", first=2)
    assert (titles(first), first["hits"]["pageInfo"]["hasNextPage"]) == (whole[:2], True)
    rest = await found(person, f"hòa giải {marker}", first=2, after=first["hits"]["pageInfo"]["endCursor"])
    assert (titles(rest), rest["hits"]["pageInfo"]["hasNextPage"]) == (whole[2:], False)
    back = await found(person, f"hòa giải {marker}", last=1, before=rest["hits"]["pageInfo"]["startCursor"])
    assert titles(back) == whole[1:2]


async def test_models_outside_the_callers_units_are_neither_found_nor_counted(
    graphql: GraphQL, marker: str
) -> None:
    totals = {}
    for unit in ("vn", CITY, WARD, DISTRICT, TOWN, WARD[:-1]):
        result = await found(Person(graphql, "reporter", unit), marker)
        counted = {facet["total"] for facet in result["facets"]}
        assert counted == ({result["total"]} if result["total"] else set())
        assert len(result["hits"]["edges"]) == result["total"]
        totals[unit] = result["total"]
    assert totals == {"vn": 3, CITY: 3, WARD: 3, DISTRICT: 0, TOWN: 0, WARD[:-1]: 0}


async def test_filters_narrow_hits_and_facets(graphql: GraphQL, marker: str) -> None:
    office = Office(graphql)
    facets = (await found(office.reporter, marker))["facets"]
    assert {(facet["kind"], facet["value"], facet["total"]) for facet in facets} == {
        ("FIELD", "ECONOMY", 3),
        ("LEVEL", "COMMUNE", 3),
        ("SUBJECT_KIND", "COLLECTIVE", 3),
        ("STATE", "DRAFT", 3),
        ("YEAR", "2019", 3),
    }
    model = (await found(office.reporter, f"thuận {marker}"))["hits"]["edges"][0]["node"]["model"]["id"]
    await office.officer.does("submitModel", model=model, on="2019-03-01")
    async with asyncio.timeout(DEADLINE):
        while (await found(office.reporter, marker, filter={"state": "SUBMITTED"}))["total"] != 1:
            await asyncio.sleep(0.02)
    assert (await found(office.reporter, marker, filter={"state": "DRAFT"}))["total"] == 2
    assert (await found(office.reporter, marker, filter={"field": "CULTURE_SOCIETY"}))["total"] == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "text-empty"),
        ("   ", "text-empty"),
        ("x" * 201, "text-too-long"),
        ("a\u200bb", "text-unseen-character"),
    ],
)
async def test_text_that_is_empty_too_long_or_invisible_is_refused(
    graphql: GraphQL, text: str, code: str
) -> None:
    errors = await Office(graphql).reporter.errors(SEARCH, text=text, first=1)
    assert [error["extensions"]["code"] for error in errors] == [code]


@pytest.mark.parametrize("after", ["x", "0", "9model_" + "0" * 24, "0model_" + "0" * 24])
async def test_cursor_that_came_with_no_page_is_refused(graphql: GraphQL, after: str) -> None:
    errors = await Office(graphql).reporter.errors(SEARCH, text="hoa", first=1, after=after)
    assert [error["extensions"]["code"] for error in errors] == ["cursor-invalid"]
