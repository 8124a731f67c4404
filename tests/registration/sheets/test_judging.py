"""Rows of a list of models: which drafts, changes and problems they lead to, and that an export reads back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.messages import Refused
from services.kernel.sheets import writing
from services.kernel.sheets.columns import Table
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.messages import Fate
from services.kernel.sheets.reading import opened
from services.kernel.sheets.template import write_template
from services.kernel.units import DatedUnit, Spell, UnitLevel
from services.movement.words import BodyKind, ContributionKind, Field, SubjectKind
from services.registration.models import contributing, drafting, registering
from services.registration.models import domain as models
from services.registration.models.messages import StatedResult
from services.registration.organisations.domain import Organisation
from services.registration.programmes.domain import Programme
from services.registration.sheets.columns import LAYOUT
from services.registration.sheets.corrections import ATTACHMENT
from services.registration.sheets.domain import judge
from services.registration.sheets.known import Effect, Known
from services.registration.sheets.sheet import row as exported
from tests.platform.kernel.sheets import malformed
from tests.platform.kernel.sheets.malformed import HEADINGS, csv, workbook
from tests.values import act, draft, unit

pytestmark = pytest.mark.lists

AT = datetime(2026, 11, 1, tzinfo=UTC)
ACT = act("officer", AT.date(), at=AT)
WARD = Spell(name="Phường", code="1", kind="Phường", level=UnitLevel.COMMUNE, parent="b", path="/vn/a/b/c")
UNIT = DatedUnit(id="c", spells=(WARD,))
OWNER = Organisation(
    id="organisation_" + "1" * 24,
    version=1,
    unit=WARD.path,
    name="Hội Phụ nữ phường",
    kind=BodyKind.WOMENS_UNION,
)


def known(**more: Any) -> Known:
    return Known(owners={OWNER.id: OWNER}, units={"c": UNIT}, **more)


def judged(path: Path, with_: Known | None = None, **how: Any) -> list[Outcome[Effect]]:
    found = with_ or known()
    with opened(path, LAYOUT) as sheet:
        return [
            judge(
                line,
                found,
                ACT,
                key=f"model_{line.number:024x}",
                submit=how.get("submit", False),
            )
            for line in sheet.lines()
        ]


def of(tmp_path: Path, data: bytes, name: str = "a.xlsx") -> list[Outcome[Effect]]:
    file = tmp_path / name
    file.write_bytes(data)
    return judged(file)


def test_row_of_a_workbook_makes_a_draft(tmp_path: Path) -> None:
    (outcome,) = of(tmp_path, workbook())
    assert (outcome.fate, outcome.problems) == (Fate.ACCEPTED, ())
    assert outcome.record == f"model_{2:024x}"
    assert outcome.effect
    assert outcome.effect.made
    model, events = outcome.effect.made
    assert (model.title, model.owner, model.field, model.year) == (
        "Ngõ xóm sạch đẹp",
        OWNER.id,
        Field.ECONOMY,
        2026,
    )
    assert len(events) == 1


def _programme(key: str = "programme_" + "2" * 24, year: int = 2026) -> Programme:
    return Programme(
        id=key,
        version=1,
        unit="/vn/a",
        identity=key,
        name="Dân vận khéo 2026–2030",
        first_year=year,
        last_year=year,
        years=(year,),
        documents=("g",),
        started_on=AT.date(),
    )


@pytest.mark.parametrize("named", ["programme_" + "2" * 24, "dan van kheo 2026–2030"])
def test_programme_is_named_by_its_id_or_name(tmp_path: Path, named: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv((*HEADINGS, "Phong trào"), (*malformed.ROW, named)))
    one = _programme()
    (outcome,) = judged(file, known(programmes={one.id: one}))
    assert outcome.effect
    assert outcome.effect.made
    assert outcome.effect.made[0].programme == one.id


@pytest.mark.parametrize(
    ("programmes", "code"),
    [
        ([], "programme-not-found"),
        ([_programme(), _programme("programme_" + "3" * 24)], "programme-ambiguous"),
        ([_programme(year=2021)], "programme-not-in-year"),
    ],
)
def test_problem_with_a_programme_is_reported_at_its_cell(
    tmp_path: Path, programmes: list[Programme], code: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv((*HEADINGS, "Phong trào"), (*malformed.ROW, "Dân vận khéo 2026–2030")))
    (outcome,) = judged(file, known(programmes={one.id: one for one in programmes}))
    assert (outcome.fate, [(p.cell, p.code) for p in outcome.problems]) == (Fate.ERROR, [("E2", code)])


def test_ended_organisation_cannot_own_a_row(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv(HEADINGS, malformed.ROW))
    ended = msgspec.structs.replace(OWNER, ended=True, ended_on=AT.date())
    (outcome,) = judged(file, Known(owners={OWNER.id: ended}, units={"c": UNIT}))
    assert [problem.code for problem in outcome.problems] == ["organisation-ended"]


def test_model_of_an_ended_unit_is_changed_as_of_the_last_day_of_the_unit(tmp_path: Path) -> None:
    ended = unit(WARD.path, until=date(2025, 7, 1))
    model, _ = draft(ACT.dated(date(2019, 2, 1)), of=ended, owner=OWNER)
    file = tmp_path / "a.csv"
    file.write_bytes(csv(("Mã mô hình", *HEADINGS), (model.id, OWNER.id, "Ngõ đẹp", "Kinh tế", "Tập thể")))
    (outcome,) = judged(file, Known(owners={}, units={ended.id: ended}, models={model.id: model}))
    assert outcome.effect
    ((revised, event),) = outcome.effect.changes
    assert (revised.title, event.version) == ("Ngõ đẹp", 2)
    assert msgspec.to_builtins(event)["on"] == "2025-06-30"


@pytest.mark.parametrize(
    ("heading", "key"),
    [
        ("TÊN MÔ HÌNH *", "title"),
        ("ten mo hinh", "title"),
        ("Tên  mô hình", "title"),
        ("Đơn vị thực hiện", "owner"),
        ("Diện tích đất hiến", "land_m2"),
        ("Ghi chú", None),
    ],
)
def test_heading_is_recognised_by_its_aliases(heading: str, key: str | None) -> None:
    found = LAYOUT.column_named(heading)
    assert (found.key if found else None) == key


def test_problem_is_reported_at_its_cell_and_other_rows_are_accepted(tmp_path: Path) -> None:
    headings = (*HEADINGS, "Ngày lập", "Năm")
    rows = [
        ("Hội Phụ nữ phường", "", "Kinh tế", "Tập thể", "", ""),
        ("hoi phu nu phuong", "Ngõ xanh", "Thể thao", "Tập thể", "32/01/2026", "2026"),
        ("Hội Phụ nữ phườn", "Ngõ xanh", "kinh te", "tap the", "", ""),
        ("Hội Phụ nữ phường", "=1+1", "Kinh tế", "Tập thể", "", ""),
        ("Hội Phụ nữ phường", "Ngõ xanh", "Kinh tế", "Tập thể", "01/01/2030", ""),
        ("Hội Phụ nữ phường", "#REF!", "Kinh tế", "Tập thể", "", ""),
        ("Hội Phụ nữ phường", "Ngõ xanh", "VHXH", "cá nhân", "01/02/2026", "2026"),
        (OWNER.id, "ngo  XANH", "Kinh tế", "Tập thể", "", ""),
    ]
    outcomes = of(tmp_path, csv(headings, *rows), "a.csv")
    reported = [(o.fate, [(p.cell, p.code) for p in o.problems]) for o in outcomes]
    assert reported == [
        (Fate.ERROR, [("B2", "cell-missing")]),
        (Fate.ERROR, [("C3", "field-unknown"), ("E3", "on-not-a-day")]),
        (Fate.ERROR, [("A4", "owner-not-found")]),
        (Fate.ERROR, [("B5", "cell-formula")]),
        (Fate.ERROR, [("E6", "date-in-future")]),
        (Fate.ERROR, [("B7", "cell-error")]),
        (Fate.ACCEPTED, []),
        (Fate.WARNING, [("B9", "title-twice")]),
    ]
    assert "Hội Phụ nữ phường" in outcomes[2].problems[0].vi


def test_formula_is_a_problem_even_with_a_stored_value(tmp_path: Path) -> None:
    def formula(book: Any, sheet: Any) -> None:
        sheet.write_formula(1, 1, '=HYPERLINK("http://x","Ngõ xanh")', None, "Ngõ xanh")

    (outcome,) = of(tmp_path, workbook(formula))
    assert [(p.cell, p.code) for p in outcome.problems] == [("B2", "cell-formula")]


def test_template_has_all_columns_and_no_rows(tmp_path: Path) -> None:
    file = tmp_path / "mau.xlsx"
    write_template(file, LAYOUT)
    with opened(file, LAYOUT) as sheet:
        assert list(sheet.letters) == [column.key for column in LAYOUT.columns]
        assert list(sheet.lines()) == []


CHANGING = ("Mã mô hình", *HEADINGS, "Địa điểm", "Phiên bản")


def revised(model: models.Model, **more: Any) -> tuple[models.Model, tuple[int, Any]]:
    """The model with other values, and its revision as the judging of rows knows it."""
    whole: dict[str, Any] = dict.fromkeys(models.REVISABLE) | more
    changed, event = drafting.revise(model, unit=UNIT, programmes={}, act=ACT, **whole)
    return changed, (event.version, event.changes)


def judged_change(
    tmp_path: Path, model: models.Model, *revisions: Any, **cells: str
) -> tuple[Fate, list[tuple[str, str]], dict[str, str | None]]:
    """Fate, problems and changed fields of a row that says what the draft said, except for these cells."""
    said = {"title": "Ngõ sạch", "place": "Tổ 5", "version": "", **cells}
    file = tmp_path / "a.csv"
    row = (model.id, OWNER.id, said["title"], "Kinh tế", "Tập thể", said["place"], said["version"])
    file.write_bytes(csv(CHANGING, row))
    (outcome,) = judged(file, known(models={model.id: model}, revisions={model.id: revisions}))
    events = [event for _, event in outcome.effect.changes] if outcome.effect else []
    changes = {c.field: c.after for event in events for c in getattr(event, "changes", ())}
    return outcome.fate, [(p.cell, p.code) for p in outcome.problems], changes


MEANWHILE, KEPT = "changed-meanwhile", "cell-kept"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        # The title that another person replaced stands in the old file: it is not written again.
        ({}, (Fate.UNCHANGED, [("C2", MEANWHILE)], {})),
        ({"version": "1"}, (Fate.UNCHANGED, [("C2", MEANWHILE)], {})),
        ({"version": "1", "place": "Tổ 9"}, (Fate.WARNING, [("C2", MEANWHILE)], {"place": "Tổ 9"})),
        # Both have changed it.
        ({"version": "1", "title": "Ngõ hoa"}, (Fate.ERROR, [("C2", MEANWHILE)], {})),
        # The file is newer than the change.
        ({"version": "2"}, (Fate.ACCEPTED, [], {"title": "Ngõ sạch"})),
        ({"version": "2", "title": "Ngõ hoa"}, (Fate.ACCEPTED, [], {"title": "Ngõ hoa"})),
        ({"title": "Ngõ hoa"}, (Fate.ACCEPTED, [], {"title": "Ngõ hoa"})),
        # An emptied cell empties when it is known that something stood there.
        ({"version": "2", "title": "Ngõ xanh", "place": ""}, (Fate.ACCEPTED, [], {"place": None})),
        ({"title": "Ngõ xanh", "place": ""}, (Fate.UNCHANGED, [("F2", KEPT)], {})),
        ({"version": "2", "title": "", "place": "Tổ 5"}, (Fate.UNCHANGED, [("C2", KEPT)], {})),
    ],
)
def test_old_file_does_not_undo_what_others_changed(
    tmp_path: Path, cells: dict[str, str], told: tuple[Any, ...]
) -> None:
    model, _ = draft(ACT, of=UNIT, owner=OWNER, place="Tổ 5")
    model, revision = revised(model, title="Ngõ xanh")
    assert judged_change(tmp_path, model, revision, **cells) == told


@pytest.mark.parametrize(
    ("version", "total", "told"),
    [
        ("", "120", (Fate.ERROR, [("F2", "resources-shrink")], [])),
        ("", "170", (Fate.ACCEPTED, [], ["20"])),
        ("4", "100", (Fate.UNCHANGED, [("F2", MEANWHILE)], [])),
        ("4", "170", (Fate.ERROR, [("F2", MEANWHILE)], [])),
        ("5", "100", (Fate.ERROR, [("F2", "resources-shrink")], [])),
        ("5", "170,5", (Fate.ACCEPTED, [], ["20.5"])),
        ("", "1155,345", (Fate.ERROR, [("F2", "amount-invalid")], [])),
        ("5", "", (Fate.UNCHANGED, [("F2", KEPT)], [])),
    ],
)
def test_total_of_an_old_file_is_compared_with_the_total_of_its_day(
    tmp_path: Path, version: str, total: str, told: tuple[Any, ...]
) -> None:
    model, _ = draft(ACT, of=UNIT, owner=OWNER)
    model, _ = registering.submit(model, unit=UNIT, act=ACT)
    model, _ = registering.accept(model, unit=UNIT, act=act("appraiser", AT.date()))
    for amount in ("100", "50"):
        land: dict[str, Any] = {"kind": ContributionKind.LAND_M2, "covers": None, "note": ""}
        model, _ = contributing.contribute(model, unit=UNIT, amount=amount, act=ACT, **land)
    file = tmp_path / "a.csv"
    headings = ("Mã mô hình", *HEADINGS, "Hiến đất (m²)", "Phiên bản")
    file.write_bytes(csv(headings, (model.id, OWNER.id, "Ngõ sạch", "Kinh tế", "Tập thể", total, version)))
    (outcome,) = judged(file, known(models={model.id: model}))
    given = [str(m.contributions[-1].amount) for m, _ in outcome.effect.changes] if outcome.effect else []
    assert (outcome.fate, [(p.cell, p.code) for p in outcome.problems], given) == told


RESULTS = (*HEADINGS, "Ngày lập", "Năm", "Hiến đất (m²)", "Ngày công", "Kết quả tính đến ngày")


@pytest.mark.parametrize(
    ("on", "year", "day", "results_on", "stated"),
    [
        ("05/03/2018", "2018", "30/06/2018", None, date(2018, 6, 30)),
        ("05/03/2018", "2018", "", date(2018, 6, 30), date(2018, 6, 30)),
        ("05/03/2018", "2018", "31/12/2018", date(2018, 6, 30), date(2018, 12, 31)),
        ("05/10/2026", "2026", "", None, AT.date()),
    ],
)
def test_results_of_a_new_row_are_stated_with_their_day(
    tmp_path: Path, on: str, year: str, day: str, results_on: date | None, stated: date
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv(RESULTS, (*malformed.ROW, on, year, "1.155,3", "8", day)))
    (outcome,) = judged(file, known(results_on=results_on))
    assert (outcome.fate, outcome.problems) == (Fate.ACCEPTED, ())
    assert outcome.effect
    assert outcome.effect.made
    found = [(one.kind, str(one.amount), one.on) for one in outcome.effect.made[0].stated]
    assert found == [("LAND_M2", "1155.3", stated), ("WORK_DAY", "8", stated)]


@pytest.mark.parametrize(
    ("land", "day", "told"),
    [
        ("100", "", (Fate.WARNING, [("G2", "results-undated")])),
        ("100", "30/06/2017", (Fate.ERROR, [("I2", "date-too-early")])),
        ("100", "30/06/2027", (Fate.ERROR, [("I2", "date-in-future")])),
        ("100,001", "30/06/2018", (Fate.ERROR, [("G2", "land_m2-invalid")])),
        ("0", "", (Fate.ACCEPTED, [])),
    ],
)
def test_results_without_a_fitting_day_are_told(tmp_path: Path, land: str, day: str, told: Any) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv(RESULTS, (*malformed.ROW, "05/03/2018", "2018", land, "", day)))
    (outcome,) = judged(file)
    assert (outcome.fate, [(p.cell, p.code) for p in outcome.problems]) == told
    if outcome.fate is Fate.WARNING:
        assert outcome.effect
        assert outcome.effect.made
        assert outcome.effect.made[0].stated[0].on == date(2018, 12, 31)


@pytest.mark.parametrize(
    ("day", "results_on", "told"),
    [
        ("30/06/2026", None, (Fate.ACCEPTED, [], date(2026, 6, 30))),
        ("", date(2026, 6, 30), (Fate.ACCEPTED, [], date(2026, 6, 30))),
        ("", None, (Fate.WARNING, [("F2", "results-undated")], AT.date())),
        ("01/01/2026", None, (Fate.ERROR, [("G2", "date-too-early")], None)),
    ],
)
def test_results_of_a_registered_model_are_dated(
    tmp_path: Path, day: str, results_on: date | None, told: Any
) -> None:
    past = ACT.dated(date(2026, 3, 5))
    model, _ = draft(past, of=UNIT, owner=OWNER)
    model, _ = registering.submit(model, unit=UNIT, act=past)
    model, _ = registering.accept(model, unit=UNIT, act=act("appraiser", past.on))
    file = tmp_path / "a.csv"
    headings = ("Mã mô hình", *HEADINGS, "Hiến đất (m²)", "Tính đến ngày")
    file.write_bytes(csv(headings, (model.id, OWNER.id, "Ngõ sạch", "Kinh tế", "Tập thể", "100", day)))
    (outcome,) = judged(file, known(models={model.id: model}, results_on=results_on))
    changes = outcome.effect.changes if outcome.effect else ()
    on = changes[0][0].contributions[0].on if changes else None
    assert (outcome.fate, [(p.cell, p.code) for p in outcome.problems], on) == told


def test_results_that_a_draft_states_are_replaced_by_a_later_file(tmp_path: Path) -> None:
    day = AT.date()
    stated = [
        StatedResult(kind=ContributionKind.LAND_M2, amount=Decimal(100), on=day),
        StatedResult(kind=ContributionKind.MONEY, amount=Decimal(5), on=day),
    ]
    model, _ = draft(ACT, of=UNIT, owner=OWNER, stated=stated)
    file = tmp_path / "a.csv"
    headings = ("Mã mô hình", *HEADINGS, "Hiến đất (m²)", "Ngày công", "Kinh phí (đồng)")
    file.write_bytes(csv(headings, (model.id, OWNER.id, "Ngõ sạch", "Kinh tế", "Tập thể", "70", "3", "0")))
    (outcome,) = judged(file, known(models={model.id: model}))
    assert outcome.effect
    ((revised, _),) = outcome.effect.changes
    assert [(one.kind, str(one.amount)) for one in revised.stated] == [("LAND_M2", "70"), ("WORK_DAY", "3")]


@pytest.mark.parametrize(
    ("registered", "written"),
    [
        ("Hội Liên hiệp Phụ nữ phường Đậu Liêu", "Hội LHPN phường Đậu Liêu"),
        ("Hội LHPN phường Đậu Liêu", "HLHPN PHUONG DAU LIEU"),
        ("UB MTTQ phường", "Ub Mặt trận Tổ quốc phường"),
        ("UBMTTQ phường", "Ủy ban Mặt trận Tổ quốc phường"),
        ("Ủy ban nhân dân phường", "Uỷ ban nhân dân phường"),
        ("Hội CCB tổ 1, tổ 2", "Hội cựu chiến binh tổ 1 - tổ 2"),
    ],
)
def test_owner_is_found_by_the_abbreviations_of_the_search(
    tmp_path: Path, registered: str, written: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv(HEADINGS, (written, "Ngõ xanh", "Kinh tế", "Tập thể")))
    owner = msgspec.structs.replace(OWNER, name=registered)
    (outcome,) = judged(file, Known(owners={owner.id: owner}, units={"c": UNIT}))
    assert (outcome.fate, outcome.problems) == (Fate.ACCEPTED, ())


def test_title_of_a_recorded_model_is_told(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv(HEADINGS, malformed.ROW))
    recorded = {(OWNER.id, malformed.ROW[1], AT.year): "model_" + "9" * 24}
    (outcome,) = judged(file, known(recorded=recorded))
    assert (outcome.fate, [p.code for p in outcome.problems]) == (Fate.WARNING, ["title-known"])


TEXTS = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=60
).filter(lambda text: bool(text.strip()))
LINES = st.lists(TEXTS | st.just(""), min_size=2, max_size=3).map("\n".join)
HARD = st.sampled_from(
    ["=1+1", "+84 912", "-5 hộ", "@ai", "'nháy", "''", "#REF", "1.155,3", "NaN", "TRUE", "01/02/2026"]
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=TEXTS | HARD,
    summary=st.just("") | TEXTS | LINES | HARD,
    place=st.just("") | TEXTS | LINES | HARD,
    target=st.just("") | TEXTS | LINES | HARD,
    field=st.sampled_from(Field),
    kind=st.sampled_from(SubjectKind),
    on=st.dates(date(2000, 1, 1), date(2026, 10, 31)),
    plain=st.booleans(),
)
def test_exported_model_is_unchanged_by_its_import(tmp_path: Path, plain: bool, **given_: Any) -> None:
    model = _model(**given_)
    if model is None:
        return
    file = tmp_path / ("a.csv" if plain else "a.xlsx")
    context: Any = (
        writing.comma_separated(file, LAYOUT.table)
        if plain
        else writing.workbook(file, LAYOUT.table, Table.of(ATTACHMENT.title, ATTACHMENT.columns))
    )
    with context as (sheet, *attached):
        record = exported(model, OWNER.name)
        for table in attached:
            table.write([model.id, model.title, *["x"] * (len(ATTACHMENT.columns) - 2)])
        sheet.write([record.get(column.key) for column in LAYOUT.columns])
    (outcome,) = judged(file, known(models={model.id: model}))
    assert (outcome.fate, outcome.problems, outcome.effect) == (Fate.UNCHANGED, (), Effect())


def _model(
    title: str, summary: str, place: str, target: str, field: Field, kind: SubjectKind, on: date
) -> models.Model | None:
    """The draft of a command; None where the domain refuses it."""
    try:
        model, _ = drafting.draft(
            key="model_" + "7" * 24,
            owner=OWNER,
            unit=UNIT,
            title=title,
            summary=summary,
            place=place,
            target=target,
            programme=None,
            year=None,
            field=field,
            subject_kind=kind,
            act=ACT.dated(on),
        )
    except Refused:
        return None
    return model
