"""Hostile claims in tokens that are well signed: each token is refused, or its caller can be shown."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from gateway.callers.identity import ISSUER, Identity
from infra.operate.operator import OPERATOR
from infra.secure.credentials import make_secrets
from services.kernel.caller import ANYBODY, OURS, OURSELVES, Caller
from services.kernel.config import Settings
from services.kernel.messages import Refused
from services.kernel.text import unseen
from tests.gateway.test_oidc import FIRST, NOW, Gateway, Issuer

GRANT = {"role": "officer", "unit": "u437"}
GOOD = {"sub": "ann", "name": "Ann", "exp": int(NOW) + 3600}
NAN, INFINITY = float("nan"), float("inf")
NUMBERS: tuple[Any, ...] = (
    10**18,
    -(10**18),
    10**400,
    253402300800,
    1e308,
    INFINITY,
    NAN,
    -1,
    True,
    "5",
    None,
    [],
    {},
)
UNSEEN = (
    "",
    " ",
    "a\nb",
    "\x00",
    "a\x7f",
    "\u200b",
    "a\u202eb",
    "\u2028",
    "\ud800",
    " ann",
    "ann ",
    "x" * 256,
)
NO_TEXT: tuple[Any, ...] = (5, True, [], {}, ["ann"], {"id": "ann"})
LAST = 253402300799


class Signed:
    """Tokens of an issuer whose claims are signed whatever they are."""

    def __init__(
        self, identity: Identity, header: dict[str, Any], key: Any, more: dict[str, Any], grants: str
    ) -> None:
        self._identity = identity
        self._header, self._key, self._more, self._grants = header, key, more, grants

    async def caller(self, **claims: Any) -> Caller:
        named = {self._grants if name == "grants" else name: value for name, value in claims.items()}
        text = json.dumps(GOOD | self._more | {self._grants: [GRANT]} | named)
        algorithms = [self._header["alg"]]
        token = jws.serialize_compact(self._header, text.encode(), self._key, algorithms=algorithms)
        caller = await self._identity.identify(f"Bearer {token}")
        assert caller
        return caller

    async def refuses(self, **claims: Any) -> None:
        with pytest.raises(Refused) as refused:
            await self.caller(**claims)
        assert refused.value.refusal.code == "unauthenticated", claims


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    folder = tmp_path_factory.mktemp("secrets")
    make_secrets(folder)
    key = OKPKey.import_key(json.loads((folder / "operator" / "issuer.private.json").read_text()))
    identity = Identity(Settings(secrets=folder), lambda: NOW)
    return Signed(identity, {"alg": "Ed25519"}, key, {"iss": ISSUER}, "grants")


@pytest.fixture(scope="module")
def oidc() -> Iterator[Signed]:
    issuer = Issuer()
    header = {"alg": "RS256", "kid": "first"}
    more = {"iss": issuer.url, "aud": "danvan"}
    yield Signed(Gateway(issuer).identity, header, FIRST, more, "danvan_grants")
    issuer.close()


@pytest.fixture(params=["embedded", "oidc"])
def signed(request: pytest.FixtureRequest) -> Signed:
    made: Signed = request.getfixturevalue(request.param)
    return made


async def test_moment_out_of_range_is_refused(signed: Signed) -> None:
    assert (await signed.caller(exp=LAST)).id == "ann"
    for number in NUMBERS:
        await signed.refuses(exp=number)


@pytest.mark.parametrize("name", ["iat", "nbf"])
async def test_moment_out_of_range_is_refused_wherever_it_is_read(oidc: Signed, name: str) -> None:
    for number in NUMBERS:
        await oidc.refuses(**{name: number})


async def test_id_that_cannot_be_shown_is_refused(signed: Signed) -> None:
    for id_ in (*UNSEEN, *NO_TEXT, None):
        await signed.refuses(sub=id_)
    for claim in ("unit", "organisation", "giver"):
        for id_ in (*UNSEEN, *NO_TEXT):
            await signed.refuses(grants=[GRANT | {claim: id_}])


async def test_our_own_ids_are_refused(signed: Signed) -> None:
    assert {ANYBODY.id, OURSELVES.id, OPERATOR.id} == OURS
    for id_ in OURS:
        for written in (id_, id_.upper(), id_.title()):
            await signed.refuses(sub=written)
    assert (await signed.caller(sub="danvan@example.vn")).id == "danvan@example.vn"


async def test_name_is_shown_without_unseen_characters(signed: Signed) -> None:
    for name, shown in (
        ("A\x00n\nn", "Ann"),
        ("\u202eAnn", "Ann"),
        ("\ud800", "ann"),
        ("Nguyễn Ánh", "Nguyễn Ánh"),
    ):
        assert (await signed.caller(name=name)).name == shown
    for name in UNSEEN:
        assert unseen((await signed.caller(name=name)).name) == []
    assert len((await signed.caller(name="x" * 9000)).name) == 200


async def test_claim_of_another_kind_is_refused(signed: Signed) -> None:
    wrong: tuple[Any, ...] = (
        "x",
        5,
        {"role": "officer"},
        [5],
        [[]],
        [{"role": "officer"}],
        [GRANT | {"role": "king"}],
    )
    for grants in wrong:
        await signed.refuses(grants=grants)
    for day in ("x", 5, "2026-13-01", "0000-01-01", 10**400, "2026-01-01T00:00:00Z"):
        await signed.refuses(grants=[GRANT | {"since": day}])
