"""Every message and field declares its roles, the table lists them all, and no code bypasses the scope."""

import ast
from collections.abc import Iterator
from typing import Any

import msgspec
from graphql import build_schema

import infra.run.provision  # noqa: F401 - brings in every service
from gateway.fields.rows import row_of
from gateway.reference import ROOTS, expanded, fields, hidden_fields, roles_of
from gateway.schema import schema
from services.kernel.messages import ANY_OFFICE, Command, Query, Role
from services.kernel.rows import rules_of
from tests import ROOT
from tests.access.areas import INPUTS, MESSAGES, QUERIES
from tests.access.cells import SUBSCRIBED
from tests.access.table import columns, lines

ROWS = {name: row for name, type_ in schema._schema.type_map.items() if (row := row_of(type_))}


def asked() -> Iterator[type[Command | Query]]:
    waiting: list[type[Command | Query]] = [Command, Query]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        # A class without a subject is a base of other messages.
        if "subject" in vars(kind) and kind.__module__.startswith("services."):
            yield kind


def everybody_of(rules: set[frozenset[Role]]) -> frozenset[Role]:
    return frozenset[Role]().union(*map(expanded, rules))


def named(who: frozenset[str]) -> frozenset[str]:
    """The roles that the words of the table stand for."""
    if "everybody" in who:
        return frozenset(Role)
    return frozenset(ANY_OFFICE) if "any" in who else who & frozenset(Role)


def test_every_message_declares_its_roles() -> None:
    for kind in asked():
        assert "roles" in vars(kind), kind
        assert kind.roles, kind
        assert kind.roles <= set(Role), kind


def test_table_lists_every_message_with_its_roles() -> None:
    declared = {kind.subject.partition(".")[2]: expanded(kind.roles) for kind in asked()}
    written: dict[str, frozenset[str]] = {}
    for line in lines("services"):
        written[line.name] = written.get(line.name, frozenset()) | named(line.who)
    assert written == declared
    assert set(MESSAGES) == set(declared)


def test_every_field_that_sends_a_request_has_roles() -> None:
    for name, asks in fields():
        assert asks, name
        assert all(roles_of(asks)), name


def test_table_lists_every_field_with_its_roles() -> None:
    declared = {name: everybody_of(roles_of(asks)) for name, asks in fields()}
    declared |= {name: everybody_of({ANY_OFFICE}) for name in hidden_fields()}
    written: dict[str, set[frozenset[str]]] = {}
    for line in lines("gateway"):
        written.setdefault(line.name, set()).add(named(line.who))
    assert set(written) == set(declared)
    for name, who in written.items():
        may = frozenset[str]().union(*who)
        # A role may send the message of a link and still not see the link, if its type is hidden from the role.
        assert may == declared[name] if name.startswith(ROOTS) else may <= declared[name], name
    subscribed = {name for name in written if name.startswith(SUBSCRIBED)}
    assert {*QUERIES, *(f"Mutation.{name}" for name in INPUTS)} | subscribed == set(written)


def test_table_lists_every_column_with_its_rule() -> None:
    declared = {
        (row.__name__, column): rules_of(row).get(column, frozenset())
        for row in ROWS.values()
        for column in (field.name for field in msgspec.structs.fields(row))
    }
    assert columns() == declared


def test_hidden_column_is_nullable_in_the_schema() -> None:
    built = build_schema(schema.as_str())
    for name in hidden_fields():
        type_, _, field = name.partition(".")
        shown: Any = built.type_map[type_]
        assert not str(shown.fields[field].type).endswith("!"), name
        assert "null" in shown.fields[field].description, name
    assert len(hidden_fields()) == sum(len(rules_of(row)) for row in ROWS.values())


UNSCOPED = {
    ("services/kernel/sheets/files.py", "'files'"),
    ("services/kernel/sheets/files.py", "'file_parts'"),
    ("services/kernel/sheets/files.py", "'file_beginnings'"),
    ("services/kernel/sheets/jobs.py", "'job_rows'"),
    ("services/kernel/sheets/jobs.py", "'jobs'"),
    ("services/kernel/sheets/jobs.py", "'job_leases'"),
    ("services/kernel/sheets/jobs.py", "'added_rows'"),
    ("services/directory/units.py", "COLLECTION"),
    ("services/directory/organisations.py", "COLLECTION"),
    ("services/kernel/mongo/access.py", "'cursors'"),
    ("services/kernel/mongo/access.py", "'parked'"),
    ("services/kernel/public/published.py", "'published'"),
    ("services/registration/documents/repository.py", "COLLECTION"),
    ("services/registration/organisations/repository.py", "COLLECTION"),
    ("services/registration/organisations/repository.py", "'organisation_names'"),
    ("services/registration/programmes/repository.py", "COLLECTION"),
    ("services/registration/launches/repository.py", "COLLECTION"),
    ("services/registration/reorganisations/repository.py", "COLLECTION"),
    ("services/registration/reorganisations/repository.py", "'turns'"),
    ("services/registration/stages/repository.py", "COLLECTION"),
    ("services/registration/handovers/kinds.py", "self.repository.collection"),
    ("services/registration/handovers/kinds.py", "Questions.collection"),
    ("services/corrections/repository.py", "COLLECTION"),
    ("services/directory/units.py", "'unit_marks'"),
    ("services/registration/formality/repository.py", "'formality_due'"),
    ("services/registration/formality/repository.py", "'formality_groups'"),
    ("services/reporting/generations.py", "'projection'"),
    ("services/reporting/repository.py", "f'facts_{generation}'"),
    ("services/reporting/repository.py", "f'counters_{generation}'"),
}
"""All collections that are used without a scope, and the modules that declare them, with reasons."""
RAW = {"db", "session", "client", "beside"}
"""Attributes that reach a database without a scope."""
OF_THE_PROCESS = {"Store", "EVERYTHING", "OURSELVES"}
"""Names that a process uses to act for itself, outside any request."""


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def test_every_collection_without_a_scope_is_listed_here() -> None:
    found = {
        (name, ast.unparse(node.args[0]))
        for name, module in modules("services", "gateway")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Unscoped"
    }
    assert found == UNSCOPED


def test_only_the_kernel_reaches_a_database_without_a_scope() -> None:
    for name, module in modules("services"):
        for node in ast.walk(module) if not name.startswith("services/kernel/") else ():
            if isinstance(node, ast.Attribute):
                own = ast.unparse(node.value) in ("self", "cls", "super()")
                public = not node.attr.startswith("_") or node.attr in ("__init__", "__enter__", "__exit__")
                assert own or public, f"{name}:{node.lineno} reaches for {node.attr}"
                assert node.attr not in RAW, f"{name}:{node.lineno} reaches for {node.attr}"


def test_only_projections_and_workers_act_for_their_process() -> None:
    for name, module in modules("services", "gateway"):
        imports = [node for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
        projections = (
            "services/kernel/",
            "services/reporting/",
        )
        if not name.startswith(projections):
            assert not OF_THE_PROCESS & {alias.name for node in imports for alias in node.names}, name
