"""Declares how search finds a kind of document. The service that keeps the documents declares it once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from services.kernel.kinds import Kind
from services.kernel.mongo.access import Access
from services.kernel.search.texts import OwnText, TextSource


@dataclass(frozen=True, kw_only=True)
class Searched:
    """`texts`: name of a text, as a match shows it → the field with the text, or a source that borrows it elsewhere.

    `belongs_to`: fields with the id of a record that the document belongs to, besides its unit. `values`: fields that a
    filter compares. `facets`: name of a facet → the field whose values it counts, one of `values`.
    """

    kind: Kind
    collection: str
    texts: Mapping[str, str | Callable[[Access], TextSource]]
    belongs_to: Sequence[str] = ()
    values: Sequence[str] = ()
    facets: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.facets.values()) - set(self.values)):
            raise ValueError(
                f"{self.kind.field}: facets count {', '.join(unknown)}, which no filter compares"
            )

    def sources(self, access: Access) -> dict[str, TextSource]:
        """A source of each text. `access`: to all documents of the service."""
        return {
            name: OwnText(source) if isinstance(source, str) else source(access)
            for name, source in self.texts.items()
        }

    def narrowing(self, filter_: Mapping[str, object]) -> tuple[list[str], dict[str, str]]:
        """The records to which a document must belong, and the values that it must have. None does not narrow."""
        chosen = {name: str(value) for name, value in filter_.items() if value is not None}
        owners = [chosen.pop(name) for name in ("unit", *self.belongs_to) if name in chosen]
        return owners, chosen

    def described(self) -> str:
        """All parts of the declaration that decide what an index contains, as text."""
        names = [
            f"{name}={source if isinstance(source, str) else '*'}" for name, source in self.texts.items()
        ]
        return "\n".join((self.kind.field, *names, "", *self.belongs_to, "", *self.values))
