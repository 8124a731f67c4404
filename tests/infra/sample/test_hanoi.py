"""The list of Hà Nội 2017 has the published numbers, except where these do not add up by themselves."""

import csv
import io
from collections import Counter
from decimal import Decimal

from infra.sample.hanoi_2017 import (
    CARRIED_FROM,
    GAPS,
    POLICE_TITLES,
    PUBLISHED_FIGURES,
    YEAR,
    bodies,
    entries,
)
from infra.sample.hanoi_loader import listed


def test_list_counts_to_the_published_figures_and_the_gaps() -> None:
    rows = entries()
    assert len(rows) == 8834
    kinds = {body.ref: body for body in bodies()}
    registered = [row for row in rows if row.year == YEAR]
    implemented = [row for row in rows if row.begun]
    assert {row.year for row in rows} == {YEAR, CARRIED_FROM}
    assert all(row.owner in kinds for row in rows)

    def wanted(measure: str, by: str) -> dict[str, Decimal]:
        return {
            code: many + GAPS.get((name, dimension, code), Decimal(0))
            for (name, dimension, code), many in PUBLISHED_FIGURES.items()
            if (name, dimension) == (measure, by)
        }

    assert wanted("REGISTERED", "") == {"": len(registered)}
    assert wanted("IMPLEMENTED", "") == {"": len(implemented)}
    assert wanted("IMPLEMENTED", "FIELD") == Counter(row.field.value for row in implemented)
    assert wanted("IMPLEMENTED", "SUBJECT_KIND") == Counter(row.subject_kind.value for row in implemented)
    assert sum(many for (_, by, _), many in PUBLISHED_FIGURES.items() if by == "FIELD") == 7924


def test_list_is_the_same_each_time_and_has_both_wordings_of_the_police() -> None:
    rows = entries()
    assert rows == entries()
    assert [row.title for row in rows if row.title in POLICE_TITLES] == list(POLICE_TITLES)
    owners = {body.ref: f"organisation_{number:024x}" for number, body in enumerate(bodies())}
    read = list(csv.reader(io.StringIO(listed(rows, owners).decode("utf-8-sig"))))
    assert len(read) == len(rows) + 1
    assert read[0][:4] == ["Tổ chức chủ trì", "Tên mô hình", "Lĩnh vực", "Tập thể, cá nhân"]
