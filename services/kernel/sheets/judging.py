"""Judges rows: reads their cells by the rules of the columns, and reports each problem with the address of its cell."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from services.kernel.messages import Refused
from services.kernel.sheets.columns import Layout
from services.kernel.sheets.lines import Line
from services.kernel.sheets.messages import Fate, RowProblem

E = TypeVar("E")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[E]):
    """The judgement of one row.

    `record`: id of the record that it adds (`new`) or changes. `version`: the record's version afterwards, if known.
    `title`: the record's name, where the row itself has none. `effect`: what the service will write; None if nothing.
    """

    fate: Fate
    record: str | None = None
    version: int | None = None
    new: bool = False
    title: str = ""
    problems: tuple[RowProblem, ...] = ()
    effect: E | None = None


class Faulty(Exception):  # noqa: N818 - a judgement, not an error of ours
    """Ends the judging of a row that has problems."""

    def __init__(self, problems: list[RowProblem]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.problems = problems


class Cells:
    """The cells of one row, and the problems found in them so far."""

    def __init__(self, line: Line, layout: Layout) -> None:
        self.line, self._layout = line, layout
        self.problems = list(line.problems)

    def values(self) -> dict[str, Any]:
        """Column key → value, of the cells that are filled in and sound."""
        found = {}
        for key, cell in self.line.cells.items():
            value = self.attempt(key, self._layout.by_key[key].read, cell)
            if value is not None:
                found[key] = value
        return found

    def attempt(self, key: str, rule: Callable[..., T], *given: Any) -> T | None:
        """The rule's result; when it refuses, the refusal becomes a problem of this column's cell."""
        try:
            return rule(*given)
        except Refused as refused:
            self._note_refusal(refused, key)
            return None

    def must(self, rule: Callable[[], T], **columns: str) -> T:
        """The rule's result; when it refuses, the row is faulty, at the cell of the input that the refusal names.

        `columns`: input → key of the column that gives it to this rule, where the layout does not say it.
        """
        try:
            return rule()
        except Refused as refused:
            named = (*refused.refusal.fields, "")[0]
            self._note_refusal(refused, columns.get(named) or self._layout.column_of_input(named))
            raise Faulty(self.problems) from None

    def require(self, given: dict[str, Any]) -> None:
        """Notes each required column that has neither a value nor a problem."""
        faulty = {problem.cell for problem in self.problems}
        for column in self._layout.columns:
            if column.required and column.key not in given and self.line.address(column.key) not in faulty:
                name = column.heading
                self.note(column.key, code="cell-missing", vi=f"Thiếu “{name}”.", en=f"“{name}” is missing.")

    def note(self, key: str, *, code: str, vi: str, en: str) -> None:
        self.problems.append(RowProblem(cell=self.line.address(key), code=code, vi=vi, en=en))

    def stop_if_faulty(self) -> None:
        if self.problems:
            raise Faulty(self.problems)

    def _note_refusal(self, refused: Refused, key: str) -> None:
        refusal = refused.refusal
        self.note(key, code=refusal.code, vi=refusal.vi, en=refusal.en)


def judged(line: Line, layout: Layout, judge: Callable[[Cells], Outcome[E]]) -> Outcome[E]:
    """The outcome of `judge`, or an error with the problems of the row."""
    cells = Cells(line, layout)
    try:
        return judge(cells)
    except Faulty as faulty:
        return Outcome(Fate.ERROR, problems=tuple(faulty.problems))


def imported_before(record: str) -> Outcome[Any]:
    """The outcome of a row with the values of a row that an earlier import has read, and that added this record."""
    vi, en = f"Dòng này đã nhập trước đây: {record}.", f"This row was imported before: {record}."
    note = RowProblem(cell="", code="row-imported", vi=vi, en=en)
    return Outcome(Fate.UNCHANGED, record, problems=(note,))


def repeats(first: int) -> Outcome[Any]:
    """The outcome of a row with the values of the row `first` of the same file."""
    note = RowProblem(
        cell="",
        code="row-twice",
        vi=f"Giống hệt dòng {first} nên không tính thêm; nếu là việc khác, hãy ghi cho khác đi.",
        en=f"The row is the same as row {first}, so it adds nothing; if you mean another record, change the row.",
    )
    return Outcome(Fate.UNCHANGED, problems=(note,))


def contradicts(line: Line, other: int, layout: Layout) -> Outcome[Any]:
    """The outcome of a row that names the same record as the row `other`, and says something else."""
    key, noun = layout.identified_by, layout.noun
    note = RowProblem(
        cell=line.address(key),
        code="rows-differ",
        vi=f"Cùng mã {noun.vi} {line.text(key)} với dòng {other} mà nội dung khác nhau; hãy để lại một dòng.",
        en=f"This row and row {other} name the {noun.en} {line.text(key)}, and differ; leave only one of them.",
    )
    return Outcome(Fate.ERROR, problems=(note,))
