"""What the schema declares over rows is what the services' rows hold: every column, and null only where it may be."""

from types import NoneType
from typing import Any, get_args

import msgspec
import pytest
from graphql import get_named_type, is_leaf_type, is_list_type, is_non_null_type

from gateway.fields.declare import Follows, asks, column_of, is_connection
from gateway.schema import NODES, schema
from services.kernel.sheets.messages import JobRow, RowRow
from services.registration.delegations.messages import DelegationRow
from services.registration.documents.messages import DocumentRow
from services.registration.formality.messages import QuestionRow
from services.registration.launches.messages import LaunchRow, LaunchTotalsRow, LaunchUnitRow
from services.registration.models.messages import HistoryRow, ModelRow
from services.registration.organisations.messages import OrganisationRow
from services.registration.programmes.messages import ProgrammeRow
from services.registration.relations.messages import RelationRow
from services.registration.reorganisations.messages import PreviewRow, ReorganisationRow
from services.registration.search.messages import HitRow, SearchRow
from services.registration.units.messages import UnitHeirRow, UnitNamedRow, UnitRow
from services.reporting.messages import Report
from services.review.messages import ReviewRow
from services.supervision.messages import SessionRow

ROWS: dict[str, type[msgspec.Struct]] = {
    "Delegation": DelegationRow,
    "GoverningDocument": DocumentRow,
    "Launch": LaunchRow,
    "LaunchStandings": LaunchTotalsRow,
    "LaunchUnit": LaunchUnitRow,
    "Model": ModelRow,
    "ModelFact": HistoryRow,
    "Organisation": OrganisationRow,
    "Programme": ProgrammeRow,
    "Question": QuestionRow,
    "Relation": RelationRow,
    "Reorganisation": ReorganisationRow,
    "ReorganisationPreview": PreviewRow,
    "Report": Report,
    "Review": ReviewRow,
    "SearchHit": HitRow,
    "SearchResult": SearchRow,
    "SheetJob": JobRow,
    "SheetRow": RowRow,
    "SupervisionSession": SessionRow,
    "Unit": UnitRow,
    "UnitHeir": UnitHeirRow,
    "UnitNamed": UnitNamedRow,
}


def differences(type_: Any, row: type[msgspec.Struct]) -> list[str]:
    columns = {field.name: _bare(field.type) for field in msgspec.structs.fields(row)}
    found = []
    for name, field in type_.fields.items():
        asked = asks(field)
        column = asked.by if isinstance(asked, Follows) else column_of(field)
        if column not in columns:
            found.append(f"{type_.name}.{name}: {row.__name__} has no {column}")
            continue
        held = columns[column]
        nullable = NoneType in get_args(held)
        named = get_named_type(field.type)
        if isinstance(asked, Follows):
            continue
        if nullable and is_non_null_type(field.type):
            found.append(f"{type_.name}.{name} is never null, {row.__name__}.{column} may be")
        if not is_leaf_type(named):
            parts: list[Any] = [one for one in (held, *get_args(held)) if isinstance(one, type)]
            (inner,) = [one for one in parts if issubclass(one, msgspec.Struct)]
            found += differences(named, inner)
        elif is_list_type(getattr(field.type, "of_type", field.type)) is not (str(held).startswith("tuple")):
            found.append(f"{type_.name}.{name} is a list in one of the two only")
    return found


def _bare(type_: Any) -> Any:
    """Without the rule of who sees it."""
    return type_.__origin__ if hasattr(type_, "__metadata__") else type_


@pytest.mark.parametrize("name", ROWS)
def test_a_type_declares_columns_that_its_rows_have(name: str) -> None:
    assert differences(schema._schema.type_map[name], ROWS[name]) == []


def test_every_type_that_can_be_asked_for_is_compared() -> None:
    reached = {
        get_named_type(field.type).name
        for type_ in schema._schema.type_map.values()
        for field in getattr(type_, "fields", {}).values()
        if isinstance(asks(field) if hasattr(field, "extensions") else None, Follows)
        and not is_connection(get_named_type(field.type))
    }
    assert reached | {type_.__name__ for _, type_ in NODES.values()} <= set(ROWS)
