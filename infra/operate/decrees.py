"""The decrees in the repository that changed units: a reorganisation file for each, applied in order of their names."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from rich.table import Table

from infra.operate import reorganising
from infra.operate.operator import OPERATOR, asking
from services.kernel.config import Settings
from services.kernel.messages import Refused
from services.kernel.messaging.client import Client
from services.kernel.rows import Fields, Row, Rows
from services.registration.reorganisations.messages import PreviewOfReorganisation, ReorganiseUnits

FOLDER = Path(str(files("services.registration.reorganisations"))) / "decrees"
_FIELDS: Fields = {
    **{name: name for name in ("effective_on", "document", "source", "applied", "began", "ended", "changed")},
    "problems": reorganising.PROBLEMS,
}


@dataclass(frozen=True)
class Decree:
    """`row`: its preview. It was applied before if the preview names a reorganisation."""

    file: Path
    row: Row

    @property
    def is_applied(self) -> bool:
        return bool(self.row["applied"])

    @property
    def problems(self) -> str:
        return "; ".join(f"{one['row'] or '-'}: {one['vi']}" for one in self.row["problems"])


def listed(folder: Path = FOLDER) -> list[Path]:
    return sorted(folder.glob("*.csv"))


def digest(folder: Path = FOLDER) -> str:
    """A text that is another one after a file was added or changed."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in listed(folder))).hexdigest()[:12]


async def decrees(settings: Settings, folder: Path = FOLDER) -> list[Decree]:
    async with asking(settings) as services:
        return [await _previewed(services, file) for file in listed(folder)]


def table(found: list[Decree]) -> Table:
    made = Table("Có hiệu lực từ", "Văn bản", "Nguồn", "Áp dụng")
    for decree in found:
        state = decree.row["applied"] or decree.problems or "chưa"
        made.add_row(decree.row["effective_on"], decree.row["document"], decree.row["source"], state)
    return made


async def apply(services: Client, folder: Path = FOLDER) -> list[Decree]:
    """Applies each file that was not applied before. Returns those that cannot be, with their problems."""
    refused = []
    for file in listed(folder):
        decree = await _previewed(services, file)
        if decree.problems:
            refused.append(decree)
        elif not decree.is_applied:
            await _apply(services, file)
    return refused


async def _previewed(services: Client, file: Path) -> Decree:
    query = PreviewOfReorganisation(file=reorganising.text_of(file), fields=_FIELDS)
    (row,) = (await services.ask(query, OPERATOR, Rows)).read()
    assert row is not None, "a preview is always one row"  # noqa: S101
    return Decree(file, row)


async def _apply(services: Client, file: Path) -> None:
    text = reorganising.text_of(file)
    key = f"decree/{hashlib.sha256(text.encode()).hexdigest()}"
    try:
        await services.ask(ReorganiseUnits(file=text), OPERATOR, dict[str, object], key=key)
    except Refused as refused:
        if refused.refusal.code != "already-reorganised":  # by another process, in this moment
            raise
