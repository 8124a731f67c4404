"""Callers: a person with dated grants. Between our processes a signed token, bound to one request, carries them."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NewType

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from services.kernel.messages import Refused, Role
from services.kernel.units import COUNTRY, UnitPath

ALGORITHM = "Ed25519"
LAST_SECOND = 253_402_300_799
"""The last second of the year 9999, as a timestamp: `datetime` knows no later one."""
_Timestamp = Annotated[int, msgspec.Meta(ge=0, le=LAST_SECOND)]
LIFE = timedelta(seconds=30)
LEEWAY = timedelta(seconds=5)
MOST_SKEW = LIFE + LEEWAY
"""Longest time, before or after now, at which a token of our own processes may have been signed."""


class Grant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A role in a unit and everything below it, from `since` to `until`, both included.

    `organisation`: the organisation that the person acts for, if any. `giver`: the person who delegated it, if any.
    `inherited`: units of the past whose territory the unit holds now. The grant reads their records and those below
    them, and changes none. Registration adds them; tokens from outside have none.
    """

    role: Role
    unit: str
    since: date | None = None
    until: date | None = None
    organisation: str | None = None
    giver: str | None = None
    inherited: tuple[str, ...] = ()

    def holds(self, day: date) -> bool:
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


Covered = NewType("Covered", str)
"""The id of a unit that a scope covers: only `Scope.require` creates one."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The units whose subtrees a caller may read or change; None, for our own processes, is everything."""

    units: frozenset[str] | None

    def covers(self, path: str) -> bool:
        return self.units is None or not self.units.isdisjoint(UnitPath(path).segments)

    def require(self, *paths: str) -> Covered:
        """Refuses a unit if none of its paths is covered. A unit that moved in the requested period has several paths.

        Units are public: the refusal says that the unit exists.
        """
        if not any(map(self.covers, paths)):
            raise Refused(
                "not-permitted",
                "unit",
                vi=f"Đơn vị {UnitPath(paths[-1]).unit} nằm ngoài phạm vi của bạn.",
                en=f"Unit {UnitPath(paths[-1]).unit} is outside your scope.",
            )
        return Covered(UnitPath(paths[-1]).unit)

    def filter(self) -> dict[str, Any]:
        """A MongoDB filter of documents with their unit's path segments in `within`; empty for everything."""
        return {} if self.units is None else {"within": {"$in": sorted(self.units)}}


EVERYTHING = Scope(None)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    grants: tuple[Grant, ...] = ()
    expires: datetime | None = None
    """When the caller's token ends. A subscription ends with it."""

    def scope(self, roles: Iterable[Role], day: date, *, reads: bool = False) -> Scope:
        """The units in which the caller holds one of `roles` that day; refused if there is none.

        `reads`: with the units that the grants inherited.
        """
        units = self.units(roles, day, reads=reads)
        if units:
            return Scope(units)
        if self.anonymous:
            raise unauthenticated(
                "Cần mã truy cập: Authorization: Bearer <mã>.",
                "A token is needed: Authorization: Bearer <token>.",
            )
        raise Refused(
            "not-permitted",
            vi=f"Việc này cần một trong các vai trò: {', '.join(sorted(role.vi.lower() for role in roles))}.",
            en=f"This needs one of the roles {', '.join(sorted(roles))}.",
        )

    @property
    def anonymous(self) -> bool:
        return (self.id, self.grants) == (ANYBODY.id, ANYBODY.grants)

    def units(self, roles: Iterable[Role], day: date, *, reads: bool = False) -> frozenset[str]:
        """The units in which the caller holds one of `roles` that day. Every caller is public in the whole country."""
        if Role.PUBLIC in roles:
            return frozenset({COUNTRY})
        held = [grant for grant in self.grants if grant.role in roles and grant.holds(day)]
        inherited = (unit for grant in held for unit in grant.inherited) if reads else ()
        return frozenset({*(grant.unit for grant in held), *inherited})

    def selves(self, day: date) -> frozenset[str]:
        """Ids whose work counts as the caller's own: the caller, and the givers and organisations of the grants."""
        held = [grant for grant in self.grants if grant.holds(day)]
        others = {name for grant in held for name in (grant.giver, grant.organisation) if name}
        return frozenset({self.id, *others})


ANYBODY = Caller(id="anybody", name="", grants=(Grant(role=Role.PUBLIC, unit=COUNTRY),))
"""The caller of a request without a token."""

OURSELVES = Caller(id="danvan", name="Danvan")

OPERATOR_ID = "operator"
"""The caller of the operator's commands."""

OURS = frozenset({ANYBODY.id, OURSELVES.id, OPERATOR_ID})
"""Ids that no token from outside may have."""


def unauthenticated(vi: str, en: str) -> Refused:
    return Refused("unauthenticated", "Authorization", vi=vi, en=en)


class ClockOff(Exception):  # noqa: N818
    """A valid token of our own processes was not signed about now. `seconds`: how far this clock is ahead."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"a request was signed {abs(seconds):.0f} s {'ago' if seconds > 0 else 'from now'} by this clock: "
            f"it is {'ahead of' if seconds > 0 else 'behind'} the gateway's; synchronise both"
        )


class Tokens:
    """Signs or verifies the JWTs of one issuer. A verifier has only the public key."""

    def __init__(self, issuer: str, key: OKPKey) -> None:
        self._issuer = issuer
        self._key = key
        self._read = lru_cache(1024)(self._decoded)

    @classmethod
    def from_file(cls, issuer: str, file: Path) -> "Tokens":
        return cls(issuer, OKPKey.import_key(json.loads(file.read_text())))

    def sign(self, caller: Caller, now: datetime, life: timedelta, **bound: str) -> str:
        claims = {
            "iss": self._issuer,
            "sub": caller.id,
            "name": caller.name,
            "grants": msgspec.to_builtins(caller.grants),
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
            **bound,
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])

    def verify(self, token: str, now: datetime) -> Caller:
        """The caller of a token from outside."""
        _, caller = self._signed(token)
        if caller.expires is None or now - LEEWAY > caller.expires:
            raise unauthenticated("Mã truy cập đã hết hạn.", "The token has expired.")
        return caller

    def verify_ours(self, token: str, now: datetime, **bound: str) -> Caller:
        """The caller of a token that a process of ours signed for one request. `ClockOff` if it was not signed now."""
        claims, caller = self._signed(token, **bound)
        skew = now.timestamp() - msgspec.convert(claims["iat"], _Timestamp)
        if abs(skew) > MOST_SKEW.total_seconds():
            raise ClockOff(skew)
        return caller

    def _signed(self, token: str, **bound: str) -> tuple[dict[str, Any], Caller]:
        try:
            claims, caller = self._read(token)
        # A header of ten thousand brackets is a RecursionError.
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise unauthenticated("Mã truy cập không hợp lệ.", "The token is not valid.") from error
        if claims.get("iss") != self._issuer or any(claims.get(k) != v for k, v in bound.items()):
            raise unauthenticated(
                "Mã truy cập không dành cho yêu cầu này.", "The token was not made for this request."
            )
        return claims, caller

    def _decoded(self, token: str) -> tuple[dict[str, Any], Caller]:
        """Cached: decoding takes 0.3 ms and depends on the token alone."""
        claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        expires = datetime.fromtimestamp(msgspec.convert(claims["exp"], _Timestamp), UTC)
        caller = Caller(
            id=msgspec.convert(claims["sub"], str),
            name=msgspec.convert(claims.get("name", ""), str),
            grants=msgspec.convert(claims.get("grants", []), tuple[Grant, ...]),
            expires=expires,
        )
        return claims, caller


def binding(subject: str, body: bytes, key: str) -> dict[str, str]:
    """Claims that bind a caller token to one command: it is refused with any other."""
    return {"subject": subject, "digest": hashlib.sha256(body).hexdigest(), "key": key}


def reading(service: str) -> dict[str, str]:
    """Claims that bind a caller token to the queries of one service, which cannot use it elsewhere.

    One token serves all queries of a caller to a service for some seconds: a signature costs more than most answers.
    """
    return {"reads": service}
