"""Finds the organisation or programme that a cell names: by id, or by its name, with abbreviations or without."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from services.kernel.messages import Refused
from services.kernel.search.tokenizer import spoken
from services.kernel.text import folded
from services.kernel.units import UnitPath
from services.registration.organisations.domain import Organisation
from services.registration.programmes.domain import Programme


def by_name(owners: Iterable[Organisation]) -> dict[str, list[Organisation]]:
    """The organisations by the spoken form of their names, also of the names of their second entries."""
    found: dict[str, list[Organisation]] = {}
    for owner in {one.id: one for one in owners}.values():
        for name in {spoken(name) for name in (owner.name, *(one.name for one in owner.merged))}:
            found.setdefault(name, []).append(owner)
    return found


def owner_named(
    named: str, found: Sequence[Organisation], names: Mapping[str, Sequence[Organisation]]
) -> Organisation:
    """The one organisation of those `found`. `names`: all that there are, as `by_name` gives them."""
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{owner.id} ({UnitPath(owner.unit).unit})" for owner in found[:5])
        raise Refused(
            "owner-ambiguous",
            "owner",
            vi=f"Có {len(found)} tổ chức tên “{named[:60]}”; hãy ghi mã: {ids}.",
            en=f"There are {len(found)} organisations “{named[:60]}”; write the id: {ids}.",
        )
    near = get_close_matches(spoken(named), names, n=3, cutoff=0.6)
    alike = "; ".join(names[one][0].name for one in near)
    raise Refused(
        "owner-not-found",
        "owner",
        vi=f"Không có tổ chức “{named[:60]}” trong đơn vị." + (f" Có phải: {alike}?" if alike else ""),
        en=f"There is no organisation “{named[:60]}” in the unit." + (f" Perhaps: {alike}?" if alike else ""),
    )


def programme_named(named: str | None, programmes: Mapping[str, Programme]) -> Programme | None:
    """`programmes`: by id."""
    if not named:
        return None
    if named in programmes:
        return programmes[named]
    found = [one for one in programmes.values() if folded(one.name) == folded(named)]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(f"{one.id} ({one.period}, {UnitPath(one.unit).unit})" for one in found[:5])
        raise Refused(
            "programme-ambiguous",
            "programme",
            vi=f"Có {len(found)} chương trình tên “{named[:60]}”; hãy ghi mã: {ids}.",
            en=f"There are {len(found)} programmes “{named[:60]}”; write the id: {ids}.",
        )
    raise Refused(
        "programme-not-found",
        "programme",
        vi=f"Không tìm thấy phong trào, chương trình “{named[:60]}”.",
        en=f"There is no programme “{named[:60]}”.",
    )
