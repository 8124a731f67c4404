"""Breaking changes of the schema, compared with the committed one, and their record in `BREAKING.md`."""

from pathlib import Path
from typing import Any

from graphql import GraphQLSchema, build_schema, find_breaking_changes, find_dangerous_changes

HERE = Path(__file__).parent
COMMITTED = HERE / "schema.graphql"
BREAKS = HERE / "BREAKING.md"
TITLE = "# Breaking changes of the schema\n\nChanges that clients had to follow, with reasons. The newest is last.\n"


def breaks(old: GraphQLSchema, new: GraphQLSchema) -> list[str]:
    """Changes after which a valid document fails or gets another answer."""
    found: list[Any] = [*find_breaking_changes(old, new), *find_dangerous_changes(old, new)]
    # `gateway/README.md` tells clients to expect new values. Clients can leave out a new optional input.
    expected = {
        "VALUE_ADDED_TO_ENUM",
        "TYPE_ADDED_TO_UNION",
        "IMPLEMENTED_INTERFACE_ADDED",
        "OPTIONAL_INPUT_FIELD_ADDED",
        "OPTIONAL_ARG_ADDED",
    }
    return [change.description for change in found if change.type.name not in expected]


def write(schema: str, why: str = "") -> list[str]:
    """Writes the schema. Without a reason, a schema that breaks clients is not written; its changes are returned."""
    broken = breaks(build_schema(COMMITTED.read_text()), build_schema(schema)) if COMMITTED.exists() else []
    if broken and not why.strip():
        return broken
    if broken:
        told = BREAKS.read_text() if BREAKS.exists() else TITLE
        changes = "".join(f"- {change}\n" for change in broken)
        BREAKS.write_text(f"{told}\n## {why.strip()}\n\n{changes}")
    COMMITTED.write_text(schema + "\n")
    return []
