"""The rules of governing documents: the four values that identify one, and the organisations that can issue one."""

from datetime import date

from services.kernel.act import Act
from services.kernel.aggregate import about
from services.kernel.inputs import happened, required
from services.kernel.messages import Refused
from services.kernel.text import folded, plain
from services.kernel.units import DatedUnit
from services.movement.homes import spell_on
from services.movement.words import BodyKind
from services.registration.documents.messages import DocumentKind, DocumentRegistered
from services.registration.issued.domain import Issue
from services.registration.organisations.domain import Organisation, in_being

LONGEST_NUMBER = 60
LONGEST_TITLE = 500


class Document(Issue, frozen=True, kw_only=True):
    """`unit`: the issuer's. `bare_number`: the number in the form in which numbers are compared."""

    kind: DocumentKind
    number: str
    issuer: str
    issuer_name: str
    issuer_kind: BodyKind
    issued_on: date
    title: str
    bare_number: str

    @property
    def name_vi(self) -> str:
        return f"{self.kind.vi} {self.number} ngày {self.issued_on:%d/%m/%Y} của {self.issuer_name}"


def bare(number: str) -> str:
    """The number in the form in which numbers are compared: `04 - NQ/TU`, `04-nq/tu` and `4-NQ/TU` are the same.

    `Đ` and `D` stay different, because they distinguish offices.
    """
    marked = folded(plain(number).replace("đ", "dd").replace("Đ", "dd"))
    return "".join(c for c in marked if not c.isspace()).lstrip("0")


def register(
    *,
    key: str,
    kind: DocumentKind,
    number: str,
    issuer: Organisation,
    unit: DatedUnit,
    issued_on: date,
    title: str,
    act: Act,
) -> tuple[Document, DocumentRegistered]:
    """`unit`: the issuer's. The document belongs to it as it was on the day of issue."""
    path = spell_on(issuer, unit, issued_on, "issuer", "issuedOn").path
    happened(issued_on, act.today, "issuedOn")
    in_being(issuer, issued_on, "issuer", "issuedOn")
    name, body = issuer.named_on(issued_on)
    number = required(number, "number", longest=LONGEST_NUMBER, vi="Số, ký hiệu", en="The number")
    document = Document(
        id=key,
        version=1,
        unit=path,
        identity=f"{issuer.id}/{issued_on}/{kind}/{bare(number)}",
        kind=kind,
        number=number,
        bare_number=bare(number),
        issuer=issuer.id,
        issuer_name=name,
        issuer_kind=body,
        issued_on=issued_on,
        title=required(title, "title", longest=LONGEST_TITLE, vi="Trích yếu", en="The document's title"),
    )
    return document, DocumentRegistered(
        **about(document, act),
        kind=kind,
        number=document.number,
        issuer=issuer.id,
        issuer_name=name,
        issuer_kind=body,
        issued_on=issued_on,
        title=document.title,
    )


def known_already(known: Document) -> Refused:
    return Refused(
        "document-known",
        "number",
        vi=f"{known.name_vi} đã có: {known.id}.",
        en=f"This document is known already: {known.id}.",
    )
