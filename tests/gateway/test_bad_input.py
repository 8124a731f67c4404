"""Every wrong request gets an answer that names the fault, has no 5xx status, and leaves nothing half-written."""

import asyncio
import base64
import json
import unicodedata
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.callers.identity import ISSUER
from infra.operate.operator import user_token
from infra.secure.credentials import new_key
from services.kernel.calendar import moment, today
from services.kernel.caller import Caller, Grant, Tokens
from services.kernel.messages import Role
from tests.conftest import GraphQL
from tests.people import CITY, DISTRICT, MOUNTAIN, TOWN, WARD, Office, Person, counts, fresh, mutation

pytestmark = pytest.mark.asyncio(loop_scope="session")

LEAKS = ("Traceback", "Error:", "Exception", "site-packages", "NoneType", "msgspec", "pymongo", ".py")
DRAFT = {
    "owner": "{owner}",
    "title": "Ngõ xóm sạch đẹp",
    "field": "ECONOMY",
    "subjectKind": "COLLECTIVE",
    "on": "2019-02-01",
}
ORGANISATION = {"name": "Hội Nông dân", "kind": "FARMERS_UNION", "unit": WARD, "on": "2019-01-02"}
ACTIVITY = {
    "kind": "SUPERVISION",
    "bodies": ["{owner}"],
    "unit": WARD,
    "title": "Giám sát việc thu quỹ",
    "heldOn": "2019-05-01",
}


@dataclass(frozen=True)
class World:
    """One record of each kind, in each state from which a test tries a wrong step."""

    office: Office
    owner: str
    new_owner: str
    ended: str
    draft: str
    submitted: str
    registered: str
    undecided: str
    not_met: str
    recognised: str
    nominated: str

    def filled(self, input_: dict[str, Any]) -> dict[str, Any]:
        """The input with each `{name}` replaced by the id in the field of that name."""
        return {name: self._filled(value) for name, value in input_.items()}

    def _filled(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._filled(one) for one in value]
        return getattr(self, value[1:-1]) if isinstance(value, str) and value.startswith("{") else value


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(graphql: GraphQL) -> World:
    office, provincial = Office(graphql), Office(graphql, "u42")
    owner, ended = await office.organisation(), await office.organisation()
    await office.officer.does("endOrganisation", organisation=ended, document="QĐ 1", on="2019-04-01")
    registered, begun = await office.registered(owner), await office.begun(owner)
    nominated = await office.decided(owner)
    await office.appraiser.does("nominateReview", review=nominated, on="2019-12-01")
    return World(
        office,
        owner,
        await provincial.organisation("u18115-2025", "2025-08-01"),
        ended,
        await office.draft(owner),
        await office.submitted(owner),
        registered,
        await office.review_of(begun),
        await office.decided(owner, "NOT_MET"),
        await office.decided(owner),
        nominated,
    )


@pytest_asyncio.fixture(loop_scope="session")
async def unchanged(world: World) -> AsyncGenerator[None, None]:
    """The test adds and removes no document in the collections that commands change."""
    graphql = world.office.graphql
    before = await counts(graphql)
    yield
    assert await counts(graphql) == before


nothing_written = pytest.mark.usefixtures("unchanged")


def readable(reply: httpx.Response) -> dict[str, Any]:
    assert reply.status_code < 500, reply.text
    assert not [leak for leak in LEAKS if leak in reply.text.replace("Syntax Error:", "")], reply.text
    body: dict[str, Any] = reply.json()
    return body


def is_precise(refusal: dict[str, Any], code: str, *fields: str) -> None:
    assert (refusal.get("code"), tuple(refusal.get("fields", ()))) == (code, fields), refusal
    vietnamese, english = refusal["messageVi"], refusal["messageEn"]
    assert vietnamese != english
    for sentence in (vietnamese, english):
        assert sentence[0] == sentence[0].upper()
        assert sentence.endswith(".")
    assert not vietnamese.isascii()


SOON = (today() + timedelta(days=2)).isoformat()


def wrong(who: str, does: str, right: dict[str, Any], *rows: tuple[Any, ...]) -> list[Any]:
    """One test for each row: name of the fault, wrong values, expected code, expected fields."""
    return [
        pytest.param(who, does, right | change, code, fields, id=what) for what, change, code, *fields in rows
    ]


ACCEPTANCE = {"model": "{submitted}", "on": "2019-03-01"}
RETURN = ACCEPTANCE | {"reason": "Thiếu minh chứng"}
DECISION = {"review": "{undecided}", "verdict": "RECOGNISED", "reason": "Thiết thực", "on": "2019-11-01"}
NOMINATION = {"review": "{recognised}", "on": "2019-12-01"}
LAND = {"model": "{registered}", "kind": "LAND_M2", "amount": "1155.3", "on": "2019-04-01"}
NEW_WARD = {"unit": "u18115-2025"}

REFUSED = [
    *wrong(
        "officer",
        "draftModel",
        DRAFT,
        ("an empty title", {"title": ""}, "title-empty", "title"),
        ("a title of spaces", {"title": "    "}, "title-empty", "title"),
        ("a title of other blanks", {"title": "\u00a0\u2003\u3000\t\n"}, "title-empty", "title"),
        ("a title too long", {"title": "đ" * 301}, "title-too-long", "title"),
        ("a NUL in a title", {"title": "Ngõ\x00xóm"}, "title-unseen-character", "title"),
        ("a title of two lines", {"title": "Ngõ\nxóm"}, "title-unseen-character", "title"),
        ("a tab in a title", {"title": "Ngõ\txóm"}, "title-unseen-character", "title"),
        ("a bell in a title", {"title": "Ngõ\x07xóm"}, "title-unseen-character", "title"),
        ("a title that turns around", {"title": "Ngõ \u202exóm"}, "title-unseen-character", "title"),
        ("an invisible title", {"title": "\u200b\u200b"}, "title-unseen-character", "title"),
        ("a title in private characters", {"title": "\ue000"}, "title-unseen-character", "title"),
        ("a summary too long", {"summary": "s" * 4001}, "summary-too-long", "summary"),
        ("a bell in a summary", {"summary": "a\nb\x07"}, "summary-unseen-character", "summary"),
        ("an unknown field", {"field": "Thể thao"}, "field-unknown", "field"),
        ("no field", {"field": ""}, "field-unknown", "field"),
        ("a district's organisation in 2026", {"on": "2026-03-01"}, "unit-not-in-force", "owner", "on"),
        ("a year that lost a digit", {"on": "0219-02-01"}, "date-too-early", "on"),
        ("an unknown owner", {"owner": "organisation_" + "0" * 24}, "owner-not-found", "owner"),
        ("a model as owner", {"owner": "{draft}"}, "owner-not-found", "owner"),
    ),
    *wrong(
        "officer",
        "registerOrganisation",
        ORGANISATION,
        ("an organisation without a name", {"name": "\n"}, "name-empty", "name"),
        ("an organisation's name too long", {"name": "t" * 201}, "name-too-long", "name"),
        ("an escape in a name", {"name": "Hội\x1b[31m"}, "name-unseen-character", "name"),
        ("an unknown unit", {"unit": "u0"}, "unit-not-found", "unit"),
        ("no unit", {"unit": ""}, "unit-not-found", "unit"),
        ("a district in 2026", {"unit": CITY, "on": "2026-03-01"}, "unit-not-in-force", "unit", "on"),
        ("a unit not yet made", NEW_WARD | {"on": "2025-06-30"}, "unit-not-in-force", "unit", "on"),
        ("a unit of others", {"unit": "u18115"}, "not-permitted", "unit"),
    ),
    *wrong(
        "officer of the province",
        "registerOrganisation",
        ORGANISATION | NEW_WARD,
        ("an organisation of a day to come", {"on": SOON}, "date-in-future", "on"),
    ),
    *wrong(
        "officer of the province",
        "draftModel",
        DRAFT | {"owner": "{new_owner}"},
        ("a draft of a day to come", {"on": SOON}, "date-in-future", "on"),
    ),
    *wrong(
        "officer of the country",
        "registerOrganisation",
        ORGANISATION,
        ("an organisation to come", {"unit": "vn", "since": "2999-01-01"}, "date-in-future", "since"),
    ),
    *wrong(
        "supervisor",
        "recordActivity",
        ACTIVITY,
        ("an activity without a subject", {"title": " "}, "title-empty", "title"),
        ("an activity's subject too long", {"title": "t" * 301}, "title-too-long", "title"),
        ("an activity nowhere", {"unit": "u0"}, "unit-not-found", "unit"),
        ("an activity of others", {"unit": "u18115"}, "not-permitted", "unit"),
        (
            "an activity in a district in 2026",
            {"unit": CITY, "heldOn": "2026-03-01"},
            *("unit-not-in-force", "unit", "heldOn"),
        ),
        ("an activity that nobody holds", {"bodies": []}, "bodies-empty", "bodies"),
        ("an activity of one body twice", {"bodies": ["{owner}", "{owner}"]}, "body-twice", "bodies"),
        ("an activity of too many", {"bodies": ["{owner}"] * 21}, "too-many-bodies", "bodies"),
        (
            "an activity of an unknown body",
            {"bodies": ["{owner}", "organisation_" + "0" * 24]},
            *("organisation-not-found", "bodies"),
        ),
        (
            "an activity of a body that is out of sight",
            {"bodies": ["{new_owner}"]},
            *("organisation-not-found", "bodies"),
        ),
        (
            "an activity of a body that has ended",
            {"bodies": ["{ended}"], "heldOn": "2019-05-01"},
            *("organisation-ended", "bodies", "heldOn"),
        ),
    ),
    *wrong(
        "supervisor of the province",
        "recordActivity",
        ACTIVITY | NEW_WARD | {"bodies": ["{new_owner}"], "heldOn": SOON},
        ("an activity to come", {}, "date-in-future", "heldOn"),
    ),
    *wrong(
        "officer",
        "submitModel",
        {"model": "{draft}"},
        ("submitted after the unit's end", {"on": "2025-07-01"}, "unit-not-in-force", "model", "on"),
        ("submitted before drafted", {"on": "2019-01-31"}, "date-too-early", "on"),
        ("submitted twice", {"model": "{submitted}", "on": "2019-03-01"}, "wrong-state", "model"),
        ("no model", {"model": ""}, "model-not-found", "model"),
        ("an unknown model", {"model": "model_" + "0" * 24}, "model-not-found", "model"),
        ("a snowman", {"model": "☃"}, "model-not-found", "model"),
        ("an operator as id", {"model": "$ne"}, "model-not-found", "model"),
        ("a path as id", {"model": "a.b.$c"}, "model-not-found", "model"),
        ("a NUL in an id", {"model": "model_\x00"}, "model-not-found", "model"),
        ("an id of 10 kB", {"model": "m" * 10_000}, "model-not-found", "model"),
        ("a wildcard as id", {"model": "m.>"}, "model-not-found", "model"),
    ),
    *wrong(
        "appraiser",
        "acceptModel",
        ACCEPTANCE,
        ("accepted after the unit's end", {"on": "2025-07-01"}, "unit-not-in-force", "model", "on"),
        ("accepted before submitted", {"on": "2019-02-09"}, "date-too-early", "on"),
        ("a draft accepted", {"model": "{draft}"}, "wrong-state", "model"),
        ("accepted twice", {"model": "{registered}"}, "wrong-state", "model"),
    ),
    *wrong(
        "appraiser",
        "returnModel",
        RETURN,
        ("returned without a reason", {"reason": " \n"}, "reason-empty", "reason"),
        ("returned before submitted", {"on": "2019-02-09"}, "date-too-early", "on"),
        ("a draft returned", {"model": "{draft}"}, "wrong-state", "model"),
    ),
    *wrong(
        "appraiser",
        "decideReview",
        DECISION,
        ("decided without a reason", {"reason": ""}, "reason-empty", "reason"),
        ("a reason too long", {"reason": "r" * 4001}, "reason-too-long", "reason"),
        ("decided on a day to come", {"on": SOON}, "date-in-future", "on"),
        ("decided before opened", {"on": "2019-02-28"}, "date-too-early", "on"),
        ("a second decision", {"review": "{not_met}"}, "already-decided", "review"),
        ("an unknown review", {"review": "review_x"}, "review-not-found", "review"),
        ("a model as review", {"review": "{registered}"}, "review-not-found", "review"),
    ),
    *wrong(
        "appraiser",
        "nominateReview",
        NOMINATION,
        ("nominated on a day to come", {"on": SOON}, "date-in-future", "on"),
        ("nominated before decided", {"on": "2019-10-31"}, "date-too-early", "on"),
        ("nominated unjudged", {"review": "{undecided}"}, "not-recognised", "review"),
        ("nominated though not met", {"review": "{not_met}"}, "not-recognised", "review"),
        ("nominated twice", {"review": "{nominated}"}, "already-nominated", "review"),
    ),
    *wrong(
        "officer",
        "recordContribution",
        LAND,
        ("land before the model", {"on": "2019-02-28"}, "date-too-early", "on"),
        ("land for what is not registered", {"model": "{submitted}"}, "wrong-state", "model"),
        ("a note too long", {"note": "n" * 4001}, "note-too-long", "note"),
        *(
            (f"land of {amount!r:.20}", {"amount": amount}, "amount-invalid", "amount")
            for amount in ("0", "0.00", "-1", "-0.0001", 0, -1, "1e400", "1E+999999999", "1e-400")
        ),
        *(
            (f"land of {amount!r:.20}", {"amount": amount}, "amount-invalid", "amount")
            for amount in (10**15, "9" * 5000, "1.155")
        ),
        ("too fine a work-day", {"kind": "WORK_DAY", "amount": "2.408"}, "amount-invalid", "amount"),
        ("a quarter of a work-day", {"kind": "WORK_DAY", "amount": 0.25}, "amount-invalid", "amount"),
        ("a part of a đồng", {"kind": "MONEY", "amount": "18.827"}, "amount-invalid", "amount"),
    ),
    *wrong(
        "appraiser who drafted", "acceptModel", ACCEPTANCE, ("own work accepted", {}, "own-work", "model")
    ),
    *wrong("appraiser who drafted", "returnModel", RETURN, ("own work returned", {}, "own-work", "model")),
    *wrong("appraiser who drafted", "decideReview", DECISION, ("own work judged", {}, "own-work", "review")),
    *wrong("officer", "acceptModel", ACCEPTANCE, ("an officer's acceptance", {}, "not-permitted")),
    *wrong("appraiser", "draftModel", DRAFT, ("an appraiser's draft", {}, "not-permitted")),
    *wrong("leader", "decideReview", DECISION, ("a leader's decision", {}, "not-permitted")),
    *wrong("reporter", "recordActivity", ACTIVITY, ("a reporter's activity", {}, "not-permitted")),
    # A record outside the scope looks as if it did not exist.
    *wrong(
        "officer of the town",
        "submitModel",
        {"model": "{draft}"},
        ("another unit's draft", {}, "model-not-found", "model"),
    ),
    *wrong(
        "officer of the town", "draftModel", DRAFT, ("another unit's owner", {}, "owner-not-found", "owner")
    ),
    *wrong(
        "appraiser of the town",
        "nominateReview",
        NOMINATION,
        ("another unit's review", {}, "review-not-found", "review"),
    ),
]


def somebody(graphql: GraphQL, who: str) -> Person:
    role, _, more = who.partition(" ")
    place = {"of the town": TOWN, "of the province": "u42", "of the country": "vn"}.get(more, CITY)
    return Person(graphql, role, place, f"officer@{CITY}" if more == "who drafted" else "")


@nothing_written
@pytest.mark.parametrize(("who", "does", "input_", "code", "fields"), REFUSED)
async def test_broken_rule_is_refused_with_its_code(
    graphql: GraphQL, world: World, who: str, does: str, input_: dict[str, Any], code: str, fields: list[str]
) -> None:
    variables = {"key": fresh(), "input": world.filled(input_)}
    reply = await graphql.post(
        {"query": mutation(does), "variables": variables}, somebody(graphql, who).token
    )
    refusal = readable(reply)["data"][does]
    assert refusal["__typename"] == "Refusal", refusal
    is_precise(refusal, code, *fields)


async def test_commune_moved_to_another_unit_leaves_the_scope_of_its_old_district(
    graphql: GraphQL,
) -> None:
    office = Office(graphql, DISTRICT)
    draft = DRAFT | {"owner": await office.organisation(MOUNTAIN), "on": "2025-08-01"}
    is_precise(await office.officer.tries("draftModel", **draft), "not-permitted", "unit")
    model = await office.officer.does("draftModel", **draft | {"on": "2025-06-30"})
    assert (await Person(graphql, Role.OFFICER, "u42").tries("submitModel", model=model))[
        "state"
    ] == "SUBMITTED"


async def test_concurrent_decisions_succeed_once(graphql: GraphQL, world: World) -> None:
    review = await world.office.review_of(await world.office.begun(world.owner))
    answers = await asyncio.gather(
        *(
            Person(graphql, Role.APPRAISER, CITY, f"appraiser {number}").tries(
                "decideReview", review=review, verdict=verdict, reason="Thiết thực", on="2019-11-01"
            )
            for number, verdict in enumerate(["RECOGNISED", "NOT_MET"] * 8)
        )
    )
    refused = [answer for answer in answers if answer["__typename"] == "Refusal"]
    assert len(refused) == 15
    for refusal in refused:
        is_precise(refusal, "already-decided", "review")


FIELD_ALIASES = [
    ("An ninh quốc phòng", "DEFENCE_SECURITY"),
    ("AN NINH QUỐC PHÒNG", "DEFENCE_SECURITY"),
    ("an  ninh - quoc phong", "DEFENCE_SECURITY"),
    (unicodedata.normalize("NFD", "An ninh quốc phòng"), "DEFENCE_SECURITY"),
    ("QP-AN", "DEFENCE_SECURITY"),
    ("Văn hoá - xã hội", "CULTURE_SOCIETY"),
    ("văn hóa, xã hội", "CULTURE_SOCIETY"),
    ("Xây dựng Đảng và hệ thống chính trị", "POLITICAL_SYSTEM"),
    (unicodedata.normalize("NFD", "PHÁT TRIỂN KINH TẾ"), "ECONOMY"),
]


@pytest.mark.parametrize(("written", "field"), FIELD_ALIASES)
async def test_field_is_found_by_each_of_its_names(world: World, written: str, field: str) -> None:
    model = await world.office.draft(world.owner, field=written)
    found = await world.office.officer.ask(
        "query($id: ID!) { node(id: $id) { ... on Model { field } } }", id=model
    )
    assert found["node"]["field"] == field


async def test_text_is_stored_in_nfc(world: World) -> None:
    title, summary = "Ngõ xóm “5 không, 3 sạch” ở phường Đậu Liêu", "Vệ sinh\r\n\tđường ngõ"
    model = await world.office.draft(
        world.owner, title=f"  {unicodedata.normalize('NFD', title)}\n", summary=summary
    )
    asked = "query($id: ID!) { node(id: $id) { ... on Model { title summary } } }"
    found = (await world.office.officer.ask(asked, id=model))["node"]
    assert found == {"title": title, "summary": "Vệ sinh\n\tđường ngõ"}


async def test_amounts_stay_exact(world: World) -> None:
    given: dict[str, list[Any]] = {
        "LAND_M2": ["1155.30", 0.1, "999999999999999.99"],
        "MONEY": ["18827000000", "1E3"],
    }
    model = await world.office.registered(world.owner)
    for kind, amounts in given.items():
        for amount in amounts:
            await world.office.officer.does(
                "recordContribution", **{**LAND, "model": model, "kind": kind, "amount": amount}
            )
    asked = "query($id: ID!) { node(id: $id) { ... on Model { contributions { amount } } } }"
    found = (await world.office.officer.ask(asked, id=model))["node"]["contributions"]
    assert [each["amount"] for each in found] == [
        "1155.3",
        "0.1",
        "999999999999999.99",
        "18827000000",
        "1000",
    ]


async def test_one_key_has_one_effect_and_one_answer(world: World) -> None:
    office, key = world.office, fresh()
    graphql = office.graphql
    first = await office.officer.tries("draftModel", key, **DRAFT | {"owner": world.owner})
    before = await counts(graphql)
    again = await asyncio.gather(
        *(office.officer.tries("draftModel", key, **DRAFT | {"owner": world.owner}) for _ in range(8))
    )
    assert again == [first] * 8
    other = await office.officer.tries("draftModel", key, **DRAFT | {"owner": world.owner, "title": "Khác"})
    is_precise(other, "key-reused", "idempotencyKey")
    elsewhere = await office.officer.tries("submitModel", key, model=first["id"], on="2019-02-10")
    is_precise(elsewhere, "key-reused", "idempotencyKey")
    assert await counts(graphql) == before


async def test_one_key_sent_concurrently_has_one_effect(world: World) -> None:
    key, graphql = fresh(), world.office.graphql
    # The title is unlike all others: for similar titles, relations are suggested, and these are in the log too.
    draft = DRAFT | {"owner": world.owner, "title": fresh()}
    before = await counts(graphql)
    answers = await asyncio.gather(
        *(world.office.officer.tries("draftModel", key, **draft) for _ in range(16))
    )
    assert answers == [answers[0]] * 16
    after = await counts(graphql)
    assert after == before | {
        "registration.models": before["registration.models"] + 1,
        "registration.log": before["registration.log"] + 1,
    }


async def test_key_belongs_to_its_caller(graphql: GraphQL, world: World) -> None:
    key = fresh()
    mine = await world.office.officer.does("draftModel", key, **DRAFT | {"owner": world.owner})
    other = Person(graphql, Role.OFFICER, CITY, "another officer")
    assert await other.does("draftModel", key, **DRAFT | {"owner": world.owner}) != mine


async def test_refusal_is_stored_under_its_key(world: World) -> None:
    key, office = fresh(), world.office
    model = await office.draft(world.owner)
    refused = await office.appraiser.tries("acceptModel", key, model=model, on="2019-03-01")
    is_precise(refused, "wrong-state", "model")
    await office.officer.does("submitModel", model=model, on="2019-02-10")
    assert await office.appraiser.tries("acceptModel", key, model=model, on="2019-03-01") == refused
    assert (await office.appraiser.tries("acceptModel", model=model, on="2019-03-01"))[
        "state"
    ] == "REGISTERED"


BAD_KEYS = [
    "",
    " ",
    "k" * 201,
    "k" * 10_000,
    " k",
    "k\n",
    "a\r\ndanvan-caller: x",
    "a\nb",
    "a\tb",
    "a\x00b",
    "\x85",
]


@nothing_written
@pytest.mark.parametrize("key", BAD_KEYS)
async def test_invalid_key_is_refused(world: World, key: str) -> None:
    variables = {"key": key, "input": world.filled(DRAFT)}
    reply = await world.office.graphql.post(
        {"query": mutation("draftModel"), "variables": variables}, world.office.officer.token
    )
    is_precise(readable(reply)["data"]["draftModel"], "key-invalid", "idempotencyKey")


@pytest.mark.parametrize(
    "key", ["k" * 200, "khóa của tôi: số 1", unicodedata.normalize("NFD", "khóa"), "::", "%0a"]
)
async def test_key_may_have_any_visible_characters(world: World, key: str) -> None:
    key = f"{fresh()} {key}"[:200]
    first = await world.office.officer.does("draftModel", key, **world.filled(DRAFT))
    assert await world.office.officer.does("draftModel", key, **world.filled(DRAFT)) == first


# Callers


def b64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


NO_ALGORITHM, SECRET_ALGORITHM = b'{"alg": "none"}', b'{"alg": "HS256"}'


def unsigned(header: bytes) -> str:
    return f"Bearer {b64(header)}.{b64(b'{}')}.x"


@pytest.fixture
def forged(graphql: GraphQL, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    keys = tmp_path_factory.mktemp("forger")
    (keys / "issuer.private.json").write_text(new_key())
    caller = Caller(id="x", name="", grants=(Grant(role=Role.OFFICER, unit="vn"),))
    good = graphql.token("officer", CITY)
    ours = Tokens.from_file("somebody else", graphql.settings.secrets_of("operator") / "issuer.private.json")
    theirs = Tokens.from_file(ISSUER, keys / "issuer.private.json")
    header, claims, signature = good.split(".")
    more = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"sub": "admin"}
    return {
        "expired": "Bearer " + user_token(graphql.settings, caller, timedelta(minutes=-1)),
        "signed by another key": "Bearer " + theirs.sign(caller, moment(), timedelta(hours=1)),
        "of another issuer": "Bearer " + ours.sign(caller, moment(), timedelta(hours=1)),
        "alg none": f"Bearer {b64(NO_ALGORITHM)}.{claims}.",
        "alg HS256": f"Bearer {b64(SECRET_ALGORITHM)}.{claims}.{signature}",
        "with other claims": f"Bearer {header}.{b64(json.dumps(more).encode())}.{signature}",
        "truncated": f"Bearer {good[:-10]}",
        "with a tail": f"Bearer {good}x",
        "of two parts": f"Bearer {header}.{claims}",
        "of the wrong scheme": f"Basic {good}",
        "without a scheme": good,
        "empty": "Bearer",
        "rubbish": "Bearer \xe9\xff",
        "long": "Bearer " + "x" * 30_000,
        "with a deep header": unsigned(b"[" * 20_000),
        "with a list as header": unsigned(b"[]"),
        "with a number as header": unsigned(b"1"),
        "with a list as algorithm": unsigned(b'{"alg":[]}'),
        "with a demand": unsigned(b'{"alg":"Ed25519","crit":["b64"],"b64":false}'),
    }


@nothing_written
async def test_invalid_token_ends_the_request(graphql: GraphQL, world: World, forged: dict[str, str]) -> None:
    variables = {"key": fresh(), "input": world.filled(DRAFT)}
    for what, header in forged.items():
        reply = await graphql.http.post(
            graphql.url,
            headers=[(b"Authorization", header.encode("latin-1"))],
            json={"query": mutation("draftModel"), "variables": variables},
        )
        (error,) = readable(reply)["errors"]
        assert (reply.status_code, error["extensions"]["code"]) == (401, "unauthenticated"), what
        assert error["extensions"]["vi"] != error["extensions"]["en"]


@nothing_written
async def test_request_without_a_token_gets_no_data(graphql: GraphQL, world: World) -> None:
    variables = {"key": fresh(), "input": world.filled(DRAFT)}
    for query in (
        mutation("draftModel"),
        "{ models(first: 1) { edges { cursor } } }",
        '{ node(id: "u437") { id } }',
    ):
        reply = await graphql.post({"query": query, "variables": variables if "Do(" in query else {}})
        (error,) = readable(reply)["errors"]
        assert error["extensions"]["code"] == "unauthenticated"
        assert error["extensions"]["fields"] == ["Authorization"]


async def test_record_out_of_scope_looks_like_a_missing_record(graphql: GraphQL, world: World) -> None:
    stranger = Person(graphql, Role.LEADER, TOWN)
    for id_ in (
        world.draft,
        world.owner,
        world.recognised,
        "model_" + "0" * 24,
        "organisation_x",
        "review_",
        "activity_\x00",
    ):
        found = await stranger.ask("query($id: ID!) { node(id: $id) { id } }", id=id_)
        assert found == {"node": None}


# GraphQL

PAGE = "query($first: Int!, $after: String) { models(first: $first, after: $after) { edges { cursor } } }"
ACTIVITIES = PAGE.replace("models", "activities")
REPORT = """query($unit: ID!, $period: String!) {
  report(unit: $unit, period: $period) { ... on Refusal { code fields messageVi messageEn } }
}"""
TYPED = 'mutation($input: %s!) { %s(idempotencyKey: "k", input: $input) { __typename } }'
DRAFTING = TYPED % ("DraftModelInput", "draftModel")
GIVING = TYPED % ("RecordContributionInput", "recordContribution")

NO_DECIMALS = ("NaN", "sNaN", "Infinity", "-Infinity", "1_000")

INVALID: list[tuple[str, dict[str, Any], str]] = [
    ("{", {}, "Syntax Error"),
    (" ", {}, "Syntax Error"),
    ("\x00", {}, "Syntax Error"),
    ('{ node(id: "\\ud800") { id } }', {}, "Syntax Error"),
    ("{ nope }", {}, "'nope'"),
    ('{ models(first: "a") { edges { cursor } } }', {}, "Int"),
    ("{ models(first: 1.5) { edges { cursor } } }", {}, "Int"),
    ("{ models(first: 99999999999) { edges { cursor } } }", {}, "Int"),
    ("{ models(first: 1, filter: {state: NOPE}) { edges { cursor } } }", {}, "NOPE"),
    ("fragment A on Query { ...A } { ...A }", {}, "A"),
    ("{ __typename } query B { __typename }", {}, "anonymous operation"),
    ("query A { __typename } query B { __typename }", {}, "operationName"),
    ("subscription { reviewEvents { id } }", {}, "WebSocket"),
    (PAGE, {}, "$first"),
    (PAGE, {"first": None}, "$first"),
    (PAGE, {"first": "1"}, "$first"),
    (PAGE, {"first": 1, "after": 5}, "$after"),
    (DRAFTING, {"input": {}}, "$input"),
    *((GIVING, {"input": LAND | {"amount": amount}}, ".amount") for amount in NO_DECIMALS),
    (DRAFTING, {"input": LAND}, "owner"),
    (DRAFTING, {"input": DRAFT | {"owner": None}}, "owner"),
    (DRAFTING, {"input": DRAFT | {"owner": "organisation_1", "title": 5}}, "title"),
    (DRAFTING, {"input": DRAFT | {"owner": "organisation_1", "on": "yesterday"}}, ".on"),
    (DRAFTING, {"input": DRAFT | {"owner": "organisation_1", "on": "2019-02-30"}}, ".on"),
    (DRAFTING, {"input": DRAFT | {"owner": "organisation_1", "on": 20190201}}, ".on"),
    (DRAFTING, {"input": DRAFT | {"owner": "organisation_1", "subjectKind": "TEAM"}}, ".subjectKind"),
    (DRAFTING, {"input": DRAFT | {"owner": "organisation_1", "colour": "red"}}, "'colour'"),
    (DRAFTING, {"input": [DRAFT]}, "$input"),
    (GIVING, {"input": LAND | {"amount": "abc"}}, ".amount"),
    (GIVING, {"input": LAND | {"amount": "1.155,3"}}, ".amount"),
    (GIVING, {"input": LAND | {"amount": True}}, ".amount"),
    (GIVING, {"input": LAND | {"amount": [1]}}, ".amount"),
    (GIVING, {"input": LAND | {"amount": "1e99999999999999999999"}}, ".amount"),
    (GIVING, {"input": LAND | {"kind": "TIME"}}, ".kind"),
]


@nothing_written
async def test_invalid_graphql_is_explained(graphql: GraphQL, world: World) -> None:
    for query, variables, named in INVALID:
        body = {"query": query, "variables": variables}
        reply = await graphql.post(body, world.office.officer.token)
        answer = readable(reply)
        assert "data" not in answer
        error = answer["errors"][0]
        assert error["extensions"]["code"] == "graphql-invalid", query
        assert named in error["message"], query


@pytest.mark.parametrize("query", [PAGE, ACTIVITIES])
async def test_page_has_1_to_100_items_after_a_valid_cursor(world: World, query: str) -> None:
    for first in (0, 101, -1, 2**31 - 1):
        (error,) = await world.office.reporter.errors(query, first=first)
        assert error["extensions"]["code"] == "page-size"
        assert error["extensions"]["fields"] == ["first"]
        (error,) = await world.office.reporter.errors(query.replace("(first:", "(last:"), first=first)
        assert error["extensions"]["fields"] == ["last"]
    for wrong in ("", "first: 1, last: 1, "):
        both = query.replace("first: $first, ", wrong).replace("$first: Int!, ", "")
        (error,) = await world.office.reporter.errors(both)
        assert error["extensions"]["code"] == "page-size"
        assert error["extensions"]["fields"] == ["first", "last"]
    for cursor in ("", "rubbish", "0", "$gt", "model_" + "g" * 24, "m" * 10_000, "\x00", world.draft.upper()):
        (error,) = await world.office.reporter.errors(query, first=1, after=cursor)
        assert error["extensions"]["code"] == "cursor-invalid"
        assert error["extensions"]["fields"] == ["after"]


async def test_report_needs_a_unit_in_scope_and_a_period(world: World) -> None:
    async def refusal(unit: str, period: str) -> dict[str, Any]:
        found: dict[str, Any] = (await world.office.reporter.ask(REPORT, unit=unit, period=period))["report"]
        return found

    for period in (
        "2018-H3",
        "2018-h1",
        "abc",
        "99999",
        "",
        "1899",
        "２０１８",
        "2018\n",
        "-2018",
        "2018-Q1",
    ):
        is_precise(await refusal(CITY, period), "period-invalid", "period")
    is_precise(await refusal(CITY, "2026"), "unit-not-in-force", "unit", "period")
    is_precise(await refusal("nowhere", "2018"), "unit-not-found", "unit")
    is_precise(await refusal("u42", "2018"), "not-permitted", "unit")
    assert await refusal(CITY, "2025-H1") == {}


# Requests that GraphQL cannot run

OK = '{"query": "{ __typename }"}'
BODIES: list[tuple[str, bytes, int, str]] = [
    ("a number", b"1", 400, "request-invalid"),
    ("null", b"null", 400, "request-invalid"),
    ("a list", b"[]", 400, "request-invalid"),
    ("a batch", f"[{OK}]".encode(), 400, "request-invalid"),
    ("a string", b'"x"', 400, "request-invalid"),
    ("no query", b"{}", 400, "request-invalid"),
    ("an empty query", b'{"query": ""}', 400, "request-invalid"),
    ("a query of another type", b'{"query": 1}', 400, "request-invalid"),
    ("variables in a list", b'{"query": "{__typename}", "variables": []}', 400, "request-invalid"),
    ("variables in a string", b'{"query": "{__typename}", "variables": "{}"}', 400, "request-invalid"),
    ("a number as name", b'{"query": "{__typename}", "operationName": 1}', 400, "request-invalid"),
    ("a number as extensions", b'{"query": "{__typename}", "extensions": 1}', 400, "request-invalid"),
    ("an unknown operation", b'{"query": "{__typename}", "operationName": "X"}', 200, "graphql-invalid"),
    ("no hash", b'{"extensions": {"persistedQuery": {}}}', 400, "request-invalid"),
    (
        "an unknown hash",
        b'{"extensions": {"persistedQuery": {"sha256Hash": "%b"}}}' % (b"0" * 64),
        200,
        "persisted-not-found",
    ),
    (
        "another's hash",
        b'{"query": "{__typename}", "extensions": {"persistedQuery": {"sha256Hash": "%b"}}}' % (b"0" * 64),
        400,
        "persisted-mismatch",
    ),
    ("nothing", b"", 400, "json-invalid"),
    ("half an object", b'{"query":', 400, "json-invalid"),
    ("more after the end", OK.encode() + b"}", 400, "json-invalid"),
    ("NaN", b'{"query": "{__typename}", "variables": {"a": NaN}}', 400, "json-invalid"),
    ("broken UTF-8", b'{"query": "\xff"}', 400, "json-invalid"),
    ("UTF-16", OK.encode("utf-16"), 400, "json-invalid"),
    (
        "half a surrogate pair",
        rb'{"query": "{__typename}", "variables": {"a": "\ud800"}}',
        400,
        "json-invalid",
    ),
    ("deep lists", b"[" * 9_000, 400, "json-too-deep"),
    ("deep objects", b'{"query":' * 9_000, 400, "json-too-deep"),
    ("a string without end", b'"' + rb"\"" * 130_000, 400, "json-invalid"),
    ("300 kB", b'{"query": "' + b" " * 300_000 + b'"}', 413, "body-too-large"),
]


@nothing_written
async def test_body_that_is_no_request_is_explained(graphql: GraphQL) -> None:
    token = graphql.token("officer")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for what, body, status, code in BODIES:
        reply = await graphql.http.post(graphql.url, content=body, headers=headers)
        (error,) = readable(reply)["errors"]
        assert (reply.status_code, error["extensions"]["code"]) == (status, code), what
        assert error["extensions"]["vi"] != error["extensions"]["en"]


async def test_last_of_two_equal_json_members_counts(graphql: GraphQL) -> None:
    reply = await graphql.http.post(
        graphql.url,
        content=b'{"query": "{ nope }", "query": "{ __typename }"}',
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {graphql.token('leader')}"},
    )
    assert readable(reply)["data"] == {"__typename": "Query"}


KINDS = {
    "": "content-type",
    "text/plain": "content-type",
    "application/graphql": "content-type",
    "application/json; charset=latin-1": "content-type",
    "multipart/form-data; boundary=x": "no-uploads",
}


@pytest.mark.parametrize("kind", KINDS)
async def test_body_without_json_content_type_is_refused(graphql: GraphQL, kind: str) -> None:
    reply = await graphql.http.post(graphql.url, content=OK.encode(), headers={"Content-Type": kind})
    assert reply.status_code == 415
    assert readable(reply)["errors"][0]["extensions"]["code"] == KINDS[kind]


SUBMIT = 'mutation { submitModel(idempotencyKey: "k", input: {model: "m"}) { __typename } }'
URLS: list[tuple[dict[str, str], int, str]] = [
    ({}, 400, "request-invalid"),
    ({"query": ""}, 400, "request-invalid"),
    ({"query": SUBMIT}, 405, "method-not-allowed"),
    ({"query": "{ __typename }", "variables": "abc"}, 400, "json-invalid"),
    ({"query": "{ __typename }", "variables": "[1]"}, 400, "request-invalid"),
    ({"query": "{ __typename }", "variables": "[" * 3000}, 400, "json-too-deep"),
    ({"query": "{ __typename }", "variables": '{"a": "\\ud800"}'}, 400, "json-invalid"),
    ({"query": "{ __typename }", "extensions": "5"}, 400, "request-invalid"),
    ({"query": "{ __typename }", "operationName": "X"}, 200, "graphql-invalid"),
    ({"query": "{ __typename }" + " " * 20_000}, 414, "url-too-long"),
]


@nothing_written
async def test_get_runs_queries_only(graphql: GraphQL, world: World) -> None:
    headers = {"Authorization": f"Bearer {world.office.officer.token}"}
    for params, status, code in URLS:
        reply = await graphql.http.get(graphql.url, params=params, headers=headers)
        (error,) = readable(reply)["errors"]
        assert (reply.status_code, error["extensions"]["code"]) == (status, code), params
    broken = await graphql.http.get(f"{graphql.url}?query=%ff", headers=headers)
    assert (broken.status_code, readable(broken)["errors"][0]["extensions"]["code"]) == (
        400,
        "request-invalid",
    )
    good = await graphql.http.get(graphql.url, params={"query": "{ __typename }"}, headers=headers)
    assert readable(good)["data"] == {"__typename": "Query"}


async def test_other_methods_are_not_allowed(graphql: GraphQL) -> None:
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        reply = await graphql.http.request(method, graphql.url)
        assert (reply.status_code, reply.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")
        assert readable(reply)["errors"][0]["extensions"]["code"] == "method-not-allowed"
