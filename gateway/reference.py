"""Reference pages of the interface: `CODES.md`, the refusal codes, and `RIGHTS.md`, who may do what.

The tables are generated from the source. The text around them and the column `when` are edited by hand.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import GraphQLObjectType, is_introspection_type

from gateway.fields.columns import Link, column_of, declaration
from gateway.fields.declare import RootField
from gateway.fields.rows import row_of
from gateway.schema import schema
from services.kernel.messages import Role
from services.kernel.rows import rules_of

HERE = Path(__file__).parent
CODES, RIGHTS = HERE / "CODES.md", HERE / "RIGHTS.md"
ROOTS = ("Query", "Mutation", "Subscription")
_SOURCES = [path for folder in ("services", "gateway") for path in (HERE.parent / folder).rglob("*.py")]
# A code is the first text of a refusal, the extension of an error, or the first text of a tuple.
_RAISED = re.compile(
    r'(?:Refused|Refusal|_too_large)\(\s*(?:\d+,\s*)?f?"([^"]+)"|code="([a-z-]+)"|INVALID = "([a-z-]+)"'
)
_SENTENCE = re.compile(r'en=\(?\s*f?"([^"]+)"')
_CODE_ROW = re.compile(r"^\| `([^`]+)` \| (.*) \|$", re.MULTILINE)
_TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)


def pages() -> dict[Path, str]:
    """Each page as it should stand in the repository."""
    return {CODES: _with(CODES, codes(CODES.read_text())), RIGHTS: _with(RIGHTS, rights())}


def codes(page: str) -> str:
    """The table of codes. A code that `page` does not have yet gets the English sentence of its refusal."""
    known, raised = dict(_CODE_ROW.findall(page)), _raised()
    rows = [f"| `{code}` | {known.get(code, raised[code])} |" for code in sorted(raised)]
    return "\n".join(["| code | when |", "|---|---|", *rows]) + "\n"


def rights() -> str:
    """The table of rights: a row for each field of the roots, and for each field with a rule of its own."""
    rules = {name: roles_of(declared) for name, declared in fields() if name.startswith(ROOTS)}
    rules |= {name: {roles} for name, roles in hidden_fields().items()}
    titles = [*(role.value for role in Role if role is not Role.PUBLIC), "no token"]
    rows = ["| | " + " | ".join(titles) + " |", "|---|" + ":-:|" * len(titles)]
    for name, found in rules.items():
        title = name.removeprefix("Query.").removeprefix("Mutation.")
        rows.append(f"| {title} | {' | '.join(_mark(role, found) for role in Role)} |")
    return "\n".join(rows) + "\n"


def fields() -> Iterator[tuple[str, Any]]:
    """The fields of the schema that ask a service and the fields of its roots, with their declarations."""
    for type_ in schema._schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and not is_introspection_type(type_):
            for name, field in type_.fields.items():
                declared = declaration(field)
                if declared or type_.name in ROOTS:
                    yield f"{type_.name}.{name}", declared


def roles_of(declared: Any) -> set[frozenset[Role]]:
    """The roles of each message that the field may ask."""
    match declared:
        case RootField():
            return {message.roles for message in declared.messages}
        case Link():
            return {declared.message.roles}
        case _:  # a command or a subscription
            return {declared.roles}


def hidden_fields() -> dict[str, frozenset[Role]]:
    """The fields that only holders of these roles see, of a row that others see too."""
    found = {}
    for type_name, type_ in sorted(schema._schema.type_map.items()):
        rules = rules_of(row) if (row := row_of(type_)) else {}
        for name, field in type_.fields.items() if rules and isinstance(type_, GraphQLObjectType) else ():
            if not declaration(field) and column_of(field) in rules:
                found[f"{type_name}.{name}"] = rules[column_of(field)]
    return found


def expanded(roles: frozenset[Role]) -> frozenset[Role]:
    """A message for the public is for every role."""
    return frozenset(Role) if Role.PUBLIC in roles else roles


def _mark(role: Role, rules: set[frozenset[Role]]) -> str:
    """○ if only some of the messages behind the field are open to the role."""
    may = [role in expanded(roles) for roles in rules]
    return "●" if all(may) else "○" if any(may) else ""


def _raised() -> dict[str, str]:
    """Each code, and the English sentence beside it in the source."""
    found: dict[str, str] = {}
    for path in _SOURCES:
        text = path.read_text(encoding="utf-8")
        for match in _RAISED.finditer(text):
            code = re.sub(r"\{[^}]*\}", "<field>", next(group for group in match.groups() if group))
            sentence = _SENTENCE.search(text, match.end(), match.end() + 400)
            found.setdefault(code, sentence[1] if sentence else "")
    return found


def _with(page: Path, table: str) -> str:
    """The page with `table` in the place of its table."""
    return _TABLE.sub(lambda _: table, page.read_text(encoding="utf-8"), count=1)
