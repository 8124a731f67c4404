"""The columns of a sheet, declared once: for the template, the import and the export."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from services.kernel.kinds import Noun
from services.kernel.sheets import values
from services.kernel.text import folded, is_unseen

FATE, REASON = "Kết quả", "Lý do"
"""Headings of a result file beside the columns that were read."""


@dataclass(frozen=True, slots=True)
class Column:
    """`heading`, `note`, `width` in characters, `choices` of a drop-down list, and `example`: shown in the template.

    `aliases`: other headings that mean this column. `read`: makes a value of a cell, or raises `Refused`. `inputs`:
    fields that refusals of the service name where they mean this column. A day as `example` formats the column as days.
    """

    key: str
    heading: str
    note: str
    width: int
    aliases: tuple[str, ...] = ()
    required: bool = False
    choices: tuple[str, ...] = ()
    read: Callable[[Any], Any] = values.text
    inputs: tuple[str, ...] = ()
    example: Any = None

    @property
    def names(self) -> tuple[str, ...]:
        """All headings that mean this column."""
        return (self.key, self.heading, *self.aliases)


class Table(NamedTuple):
    """The headings of a table to write. `title`: of its worksheet. `widths`: of its columns, in characters."""

    title: str
    headings: Sequence[str]
    widths: Sequence[int]

    @classmethod
    def of(cls, title: str, columns: Sequence[Column]) -> "Table":
        return cls(title, [column.heading for column in columns], [column.width for column in columns])


@dataclass(frozen=True)
class Layout:
    """How a sheet looks in a file.

    `title`: of the worksheet. `noun`: the record that a row is. `recognised_by`: keys of columns; the first row that
    has all of their headings is the row of headings. `named_by`: key of the column with the name of the row's record.
    `identified_by`, `versioned_by`: keys of the columns with its id and its version, which every file that a job writes
    has; empty where rows only add records.
    """

    title: str
    noun: Noun
    columns: tuple[Column, ...]
    recognised_by: frozenset[str]
    named_by: str
    identified_by: str = ""
    versioned_by: str = ""

    @cached_property
    def by_key(self) -> dict[str, Column]:
        return {column.key: column for column in self.columns}

    @property
    def table(self) -> Table:
        return Table.of(self.title, self.columns)

    def column_named(self, heading: str) -> Column | None:
        """The column by heading or alias. Marks, case, blanks, punctuation and a star for "required" do not matter."""
        return self._by_name.get(bare(heading))

    def column_of_input(self, field: str) -> str:
        """The key of the column that a refusal means by this field; the field itself where it means none."""
        return self._by_input.get(field, field)

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {bare(name): column for column in self.columns for name in column.names}

    @cached_property
    def _by_input(self) -> dict[str, str]:
        return {field: column.key for column in self.columns for field in column.inputs}


def bare(heading: str) -> str:
    """The letters and digits of a heading, without marks and case."""
    return "".join(c for c in folded(heading) if c.isalnum() and not is_unseen(c))
