"""Sheets as pure reading: malformed ones are refused by name, odd cells by address, and what is written reads back."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.kernel.messages import Refused
from services.kernel.sheets import values, writing
from services.kernel.sheets.judging import Outcome
from services.kernel.sheets.messages import Fate
from services.kernel.sheets.reading import opened
from services.kernel.sheets.template import write_template
from services.kernel.units import DatedUnit, Spell, UnitLevel
from services.movement.words import BodyKind, Field, SubjectKind
from services.registration.models import domain as models
from services.registration.organisations.domain import Organisation
from services.registration.programmes.domain import Programme
from services.registration.sheets.columns import LAYOUT
from services.registration.sheets.domain import Effect, Known, judge
from services.registration.sheets.sheet import row as exported
from tests.registration.sheets import malformed
from tests.registration.sheets.malformed import HEADINGS, csv, workbook
from tests.values import act, draft, unit

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
    with opened(path, LAYOUT) as sheet:  # to its end first, as a job does
        assert sum(1 for _ in sheet.lines()) >= 0
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


MALFORMED = list(malformed.files())


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(MALFORMED) >= 30
    assert len({what for what, *_ in MALFORMED}) == len(MALFORMED)


@pytest.mark.parametrize(
    ("name", "data", "code"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED]
)
def test_a_malformed_file_is_refused_by_name(tmp_path: Path, name: str, data: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        of(tmp_path, data, name)
    assert (refused.value.refusal.code, refused.value.refusal.fields) == (code, ("file",))
    assert refused.value.refusal.vi
    assert refused.value.refusal.en


def test_a_good_workbook_makes_a_draft(tmp_path: Path) -> None:
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
def test_a_programme_is_named_by_its_id_or_by_its_name(tmp_path: Path, named: str) -> None:
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
def test_a_row_is_told_what_is_wrong_with_its_programme(
    tmp_path: Path, programmes: list[Programme], code: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(csv((*HEADINGS, "Phong trào"), (*malformed.ROW, "Dân vận khéo 2026–2030")))
    (outcome,) = judged(file, known(programmes={one.id: one for one in programmes}))
    assert (outcome.fate, [(p.cell, p.code) for p in outcome.problems]) == (Fate.ERROR, [("E2", code)])


def test_who_has_ended_owns_no_row_from_that_day_on(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_as_people_save_it(tmp_path: Path, mark: str, encoding: str) -> None:
    text = csv(("BÁO CÁO", "", "", ""), HEADINGS, malformed.ROW, mark=mark).decode()
    (outcome,) = of(tmp_path, text.encode(encoding), "a.csv")
    assert (outcome.fate, outcome.record) == (Fate.ACCEPTED, f"model_{3:024x}")


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
def test_headings_are_known_by_many_names(heading: str, key: str | None) -> None:
    found = LAYOUT.column_named(heading)
    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1.155,3", "1155.3"),
        ("18.827", "18827"),
        ("72,9 triệu", "72900000"),
        ("08", "8"),
        ("1155.3", "1155.3"),
        ("2.408 ngày công", "2408"),
        ("1,5 tỷ đồng", "1500000000"),
        (1155.3, "1155.3"),
        (7, "7"),
        ("0", "0"),
    ],
)
def test_numbers_are_read_as_they_are_written_here(written: Any, number: str) -> None:
    assert values.number(written, "land_m2") == Decimal(number)


@pytest.mark.parametrize(
    "written", ["", "-5", "1.15,3", "một trăm", "1,155.3", "5 nhà", "1e5", -2, float("nan"), "٣"]
)
def test_what_is_no_number_is_refused(written: Any) -> None:
    with pytest.raises(Refused) as refused:
        values.number(written, "money")
    assert refused.value.refusal.code == "money-not-a-number"


@given(st.decimals(min_value=0, max_value=10**12, places=2))
def test_an_amount_that_is_written_reads_back(amount: Decimal) -> None:
    assert values.number(values.written(amount), "land_m2") == amount


@pytest.mark.parametrize(
    "written",
    [
        "05/03/2026",
        "5/3/2026",
        "05-03-2026",
        "2026-03-05",
        date(2026, 3, 5),
        datetime(2026, 3, 5, tzinfo=UTC),
    ],
)
def test_days_are_day_month_year(written: Any) -> None:
    assert values.day(written, "on") == date(2026, 3, 5)


@pytest.mark.parametrize("written", ["13/13/2026", "31/02/2026", "tháng 3", "3/2026", "05/03/26"])
def test_what_is_no_day_is_refused(written: str) -> None:
    with pytest.raises(Refused) as refused:
        values.day(written, "on")
    assert refused.value.refusal.code == "on-not-a-day"


def test_what_is_wrong_is_said_of_its_cell_and_the_other_rows_are_read(tmp_path: Path) -> None:
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
    told = [(o.fate, [(p.cell, p.code) for p in o.problems]) for o in outcomes]
    assert told == [
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


def test_a_formula_of_a_workbook_is_not_taken_for_its_value(tmp_path: Path) -> None:
    def formula(book: Any, sheet: Any) -> None:
        sheet.write_formula(1, 1, '=HYPERLINK("http://x","Ngõ xanh")', None, "Ngõ xanh")

    (outcome,) = of(tmp_path, workbook(formula))
    assert [(p.cell, p.code) for p in outcome.problems] == [("B2", "cell-formula")]


def test_the_template_is_read_by_what_it_is_the_template_of(tmp_path: Path) -> None:
    file = tmp_path / "mau.xlsx"
    write_template(file, LAYOUT)
    with opened(file, LAYOUT) as sheet:
        assert list(sheet.letters) == [column.key for column in LAYOUT.columns]
        assert list(sheet.lines()) == []


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
def test_what_is_exported_and_imported_again_changes_nothing(
    tmp_path: Path, plain: bool, **given_: Any
) -> None:
    model = _model(**given_)
    if model is None:
        return
    file = tmp_path / ("a.csv" if plain else "a.xlsx")
    context: Any = (
        writing.comma_separated(file, LAYOUT.headings)
        if plain
        else writing.workbook(file, LAYOUT.title, LAYOUT.headings, LAYOUT.widths)
    )
    with context as sheet:
        record = exported(model, OWNER.name)
        sheet.write([record.get(column.key) for column in LAYOUT.columns])
    (outcome,) = judged(file, known(models={model.id: model}))
    assert (outcome.fate, outcome.problems, outcome.effect) == (Fate.UNCHANGED, (), Effect())


def _model(
    title: str, summary: str, place: str, target: str, field: Field, kind: SubjectKind, on: date
) -> models.Model | None:
    """As a command would draft it; None where it would be refused."""
    try:
        model, _ = models.draft(
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
