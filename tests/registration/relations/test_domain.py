"""Rules that suggest relations, and people's decisions on them."""

from datetime import date
from functools import partial
from typing import Any

import pytest

from services.kernel.messages import Refused
from services.registration.relations import domain
from services.registration.relations.domain import Relation, Side, Suggestion, compare, shared_unit
from services.registration.relations.likeness import Corpus, content
from services.registration.relations.messages import Ground, RelationKind, RelationState
from tests.values import act, draft, unit

POLICE = "Dân vận khéo trong công tác tiếp dân và giải quyết thủ tục hành chính"
DESK = f"{POLICE} tại bộ phận tiếp nhận và trả kết quả hồ sơ hành chính"
ACT = act("ann", date(2018, 6, 1))
WARD = "/vn/u01/u005/u00167"


def side(
    title: str, on: str = "2017-03-01", *, id_: str = "model_1", owner: str = "organisation_1", **more: Any
) -> Side:
    day = date.fromisoformat(on)
    made = {"unit": WARD, "year": day.year, "owner_kind": "POLICE", **more}
    return Side(id=id_, owner=owner, title=title, on=day, **made)


def judged(one: Side, another: Side, models: int = 0, frequency: int = 0) -> Suggestion | None:
    return compare(one, another, Corpus(lambda _: frequency, models))


@pytest.mark.parametrize("later", ["2017-03-01", "2017-05-30", "2017-11-20", "2018-02-01"])
@pytest.mark.parametrize(("models", "frequency"), [(0, 0), (7000, 40), (1_000_000, 30_000)])
def test_two_wordings_of_one_police_model_are_a_continuation(later: str, models: int, frequency: int) -> None:
    """In one half-year, one year or two years, among few models or many."""
    earlier, later_one = side(POLICE), side(DESK, later, id_="model_2")
    found = judged(earlier, later_one, models, frequency)
    assert found
    assert (found.kind, found.model, found.other) == (RelationKind.CONTINUATION, "model_2", "model_1")
    because = domain.grounds(later_one, earlier, Corpus(lambda _: frequency, models))
    assert [ground.text for ground in because][:2] == ["tiếp dân", "giải quyết thủ tục hành chính"]


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("Dân vận khéo trong giữ gìn vệ sinh môi trường", "Dân vận khéo trong giữ gìn an ninh trật tự"),
        ("Vận động nhân dân xây dựng đường hoa", "Vận động nhân dân xây dựng nhà văn hóa"),
        ("Tuyến đường hoa tổ dân phố số 3", "Tuyến đường hoa tổ dân phố số 5"),
        ("Dân vận khéo", "Mô hình dân vận khéo của phường năm 2017"),
        ("Hòa giải", "Giải tỏa"),
    ],
)
@pytest.mark.parametrize("owner", ["organisation_1", "organisation_2"])
def test_different_models_of_one_ward_are_not_suggested(one: str, another: str, owner: str) -> None:
    for later in ("2017-03-01", "2017-11-20", "2018-02-01"):
        assert judged(side(one), side(another, later, id_="model_2", owner=owner)) is None


@pytest.mark.parametrize(
    ("later", "more", "kind"),
    [
        ("2017-06-30", {}, RelationKind.DUPLICATE),
        ("2017-07-01", {}, RelationKind.CONTINUATION),
        ("2018-03-01", {}, RelationKind.CONTINUATION),
        ("2017-11-01", {"owner": "organisation_2"}, RelationKind.DUPLICATE),
        ("2018-03-01", {"owner": "organisation_2"}, RelationKind.REPLICATION),
        ("2017-03-01", {"owner": "organisation_2", "unit": "/vn/u01/u005/u00160"}, RelationKind.REPLICATION),
        ("2017-03-01", {"year": 2018}, RelationKind.CONTINUATION),
        (
            "2026-03-01",
            {"owner": "organisation_2", "unit": "/vn/u01/x00166", "follows": frozenset({"u00167"})},
            RelationKind.CONTINUATION,
        ),
        (
            "2026-03-01",
            {
                "owner": "organisation_2",
                "owner_kind": "MILITARY",
                "unit": "/vn/u01/x00166",
                "follows": frozenset({"u00167"}),
            },
            RelationKind.REPLICATION,
        ),
    ],
)
def test_owner_period_and_place_decide_the_kind(later: str, more: dict[str, Any], kind: RelationKind) -> None:
    found = judged(
        side("Tiếng trống học bài"), side("Mô hình “Tiếng trống học bài”", later, id_="model_2", **more)
    )
    assert found
    assert found.kind is kind


def test_shared_words_of_most_titles_are_no_replication() -> None:
    one = side("Xây dựng nông thôn mới")
    another = side(
        "Dân vận khéo trong xây dựng NTM", id_="model_2", owner="organisation_2", unit="/vn/u42/u437/u18118"
    )
    assert judged(one, another)
    assert judged(one, another, models=1_000_000, frequency=60_000) is None


@pytest.mark.parametrize(
    ("title", "said", "places"),
    [
        ("Dân vận khéo trong xây dựng nông thôn mới", ["nong thon moi"], set()),
        (
            "Đường hoa phụ nữ tổ dân phố số 7 phường Nghĩa Đô",
            ["duong hoa phu nu"],
            {"to dan pho 7", "phuong nghia do"},
        ),
        ("Vận động giữ vệ sinh Nghĩa Đô năm 2018", ["giu ve sinh"], {"nghia do"}),
        ("van dong ve sinh tai cho", ["ve sinh"], set()),
        ("Vệ sinh tại chợ", ["ve sinh", "cho"], set()),
        ("Dân vận khéo", [], set()),
    ],
)
def test_boilerplate_and_places_are_left_out_of_the_method(
    title: str, said: list[str], places: set[str]
) -> None:
    found = content(title, ("Phường Nghĩa Đô", "Quận Cầu Giấy"))
    assert [" ".join(one.bare for one in stretch) for stretch in found.stretches] == said
    assert found.places == places


def test_relation_belongs_to_the_smallest_unit_with_both_models() -> None:
    assert shared_unit(WARD, WARD) == WARD
    assert shared_unit(WARD, "/vn/u01/u005/u00160") == "/vn/u01/u005"
    assert shared_unit(WARD, "/vn/u01/u0051") == "/vn/u01"
    assert shared_unit(WARD, "/vn/u42") == "/vn"


def suggestion(score: int = 900, kind: RelationKind = RelationKind.DUPLICATE) -> Suggestion:
    return Suggestion(
        model="model_2",
        other="model_1",
        kind=kind,
        score=score,
    )


suggest = partial(domain.suggest, because=(Ground(text="trống học bài", weight=1000),))


def suggested() -> Relation:
    told = suggest(None, suggestion(), key="relation_1", unit=WARD, act=ACT)
    assert told
    return told[0]


def test_same_suggestion_is_announced_once_and_a_different_one_again() -> None:
    relation = suggested()
    assert (relation.version, relation.state, relation.pair) == (
        1,
        RelationState.SUGGESTED,
        "model_1 model_2",
    )
    assert suggest(relation, suggestion(), key="relation_2", unit=WARD, act=ACT) is None
    told = suggest(relation, suggestion(950), key="relation_2", unit=WARD, act=ACT)
    assert told
    assert (told[0].id, told[1].key, told[1].version, told[0].score) == ("relation_1", "relation_1", 2, 950)


def test_decided_relation_is_not_suggested_again() -> None:
    for decided, _ in (
        domain.confirm(suggested(), kind=None, reason="", act=ACT),
        domain.dismiss(suggested(), reason="Hai việc khác nhau", act=ACT),
    ):
        assert suggest(decided, suggestion(990), key="relation_2", unit=WARD, act=ACT) is None


def test_lapsed_suggestion_is_suggested_again() -> None:
    lapsed, event = domain.lapse(suggested(), act=ACT)
    assert (lapsed.state, event.version) == (RelationState.LAPSED, 2)
    again = suggest(lapsed, suggestion(), key="relation_2", unit=WARD, act=ACT)
    assert again
    assert (again[0].version, again[0].state) == (3, RelationState.SUGGESTED)


def test_person_confirms_as_another_kind_and_dismisses_later() -> None:
    confirmed, event = domain.confirm(suggested(), kind=RelationKind.CONTINUATION, reason="", act=ACT)
    assert (confirmed.kind, confirmed.state, confirmed.decided_by) == ("CONTINUATION", "CONFIRMED", "ann")
    assert (event.suggested, event.version) == (True, 2)
    with pytest.raises(Refused) as twice:
        domain.confirm(confirmed, kind=None, reason="", act=ACT)
    assert twice.value.refusal.code == "already-decided"
    dismissed, _ = domain.dismiss(confirmed, reason="Nhầm", act=ACT)
    assert (dismissed.state, dismissed.version) == (RelationState.DISMISSED, 3)
    with pytest.raises(Refused):
        domain.dismiss(suggested(), reason=" ", act=ACT)


def test_person_states_a_relation_without_a_suggestion() -> None:
    def declared(known: list[Relation], other: str = "model_1") -> tuple[Relation, bool]:
        relation, event = domain.declare(
            known,
            key="relation_9",
            model=draft(ACT, of=unit(WARD), key="model_2")[0],
            other=draft(ACT, of=unit(WARD), key=other)[0],
            kind=RelationKind.REPLICATION,
            reason="Rõ",
            act=ACT,
        )
        return relation, event.suggested

    fresh, was_suggested = declared([])
    assert (fresh.version, fresh.id, fresh.score, was_suggested) == (1, "relation_9", 0, False)
    known, was_suggested = declared([suggested()])
    assert (known.version, known.id, known.kind, was_suggested) == (2, "relation_1", "REPLICATION", True)
    with pytest.raises(Refused) as itself:
        declared([], other="model_2")
    assert itself.value.refusal.code == "same-model"
    with pytest.raises(Refused):
        declared([fresh])
