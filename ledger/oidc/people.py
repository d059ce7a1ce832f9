"""A bearer token becomes a person with roles, or a reason why not.

RFC 7519 (claims), RFC 8725 (algorithms by an allow-list, keys bound to their algorithm), OpenID Connect Core 1.0
section 3.1.3.7 (what must be checked). No message repeats any part of a token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from ledger.errors import SignInExpired, SignInRefused
from ledger.oidc.issuer import Issuer, Jwk

ALGORITHMS: Mapping[str, tuple[str, tuple[str | None, ...]]] = {
    "RS256": ("RSA", (None,)),
    "ES256": ("EC", ("P-256",)),
    "EdDSA": ("OKP", ("Ed25519",)),
}
"""What may sign a token: each with the key type and the curves that fit it. Neither ``none`` nor a shared secret."""
LEEWAY_SECONDS = 10
MOST_BYTES = 16 * 1024
_LEAST_RSA_BITS = 2048
_LAST_SECOND = 253_402_300_799  # of the year 9999, beyond which datetime has no times
_NAMES = ("name", "preferred_username", "email", "sub")
_REFUSALS: Mapping[type[jwt.PyJWTError], str] = {
    jwt.InvalidAudienceError: "one for another audience",
    jwt.InvalidIssuerError: "one of another issuer",
    jwt.ImmatureSignatureError: "one that is not valid yet",
    jwt.InvalidSignatureError: "one whose signature does not hold",
    jwt.MissingRequiredClaimError: "one that lacks a required claim (iss, aud, exp, sub)",
}


@dataclass(frozen=True)
class Person:
    """Somebody whose token holds. ``id`` is the same for the same issuer and subject, and tells neither."""

    id: str
    label: str
    roles: tuple[str, ...]
    expires_at: datetime


class People:
    """Reads tokens of ``issuer`` made for ``audience``.

    ``roles_claim`` is a claim's name, or the way to it with dots (``realm_access.roles``); ``roles`` says which of its
    values mean which role.
    """

    def __init__(self, issuer: Issuer, audience: str, roles_claim: str, roles: Mapping[str, str]) -> None:
        self._issuer = issuer
        self._audience = audience
        self._roles_claim = roles_claim
        self._roles = dict(roles)

    def recognise(self, token: str) -> Person:
        """The person whom ``token`` speaks of, when signature, issuer, audience and times hold.

        SignInExpired, SignInRefused, or IssuerUnreachable when the key that signed it cannot be had now.
        """
        if len(token) > MOST_BYTES:
            raise _refused("one of more than 16 KiB")
        claims = self._claims(token, self._key(token))
        return Person(
            id=_id(claims),
            label=_label(claims) or _id(claims),
            roles=self._roles_of(claims),
            expires_at=datetime.fromtimestamp(min(int(claims["exp"]), _LAST_SECOND), UTC),
        )

    def _key(self, token: str) -> jwt.PyJWK:
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise _refused("something else") from None
        algorithm, name = str(header.get("alg")), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise _refused(f"one that is not signed with {', '.join(ALGORITHMS)}")
        key = self._issuer.key(name)
        if key is None:
            raise _refused("one signed with a key that the issuer does not have")
        return _fitting(key, algorithm)

    def _claims(self, token: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                issuer=self._issuer.url,
                audience=self._audience,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "exp", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise SignInExpired("expected a sign-in whose time is not over, found an expired one") from None
        except jwt.PyJWTError as error:
            raise _refused(_REFUSALS.get(type(error), "one that does not hold")) from None
        if not claims["sub"]:
            raise _refused("one with an empty subject")
        return claims

    def _roles_of(self, claims: Mapping[str, Any]) -> tuple[str, ...]:
        named = _values(claims, self._roles_claim)
        return tuple(dict.fromkeys(self._roles[name] for name in named if name in self._roles))


def _fitting(key: Jwk, algorithm: str) -> jwt.PyJWK:
    """The key for this algorithm and no other: a token cannot choose how its key is used."""
    kind, curves = ALGORITHMS[algorithm]
    if key.get("kty") != kind or key.get("crv") not in curves or key.get("alg", algorithm) != algorithm:
        raise _refused("one whose algorithm is not that of its key")
    try:
        made = jwt.PyJWK(dict(key), algorithm)
    except jwt.PyJWTError:
        raise _refused("one signed with a key that cannot be read") from None
    if kind == "RSA" and made.key.key_size < _LEAST_RSA_BITS:
        raise _refused(f"one signed with an RSA key of less than {_LEAST_RSA_BITS} bits")
    return made


def _refused(found: str) -> SignInRefused:
    return SignInRefused(f"expected a token of the issuer for this ledger, found {found}")


def _id(claims: Mapping[str, Any]) -> str:
    return hashlib.sha256(f"medseal/person/1\n{claims['iss']}\n{claims['sub']}".encode()).hexdigest()[:32]


def _label(claims: Mapping[str, Any]) -> str:
    """What the issuer calls this person, on one line of at most 100 characters: the first name that shows anything.
    Empty when none does."""
    return next(filter(None, (_one_line(str(claims.get(one) or "")) for one in _NAMES)), "")


def _one_line(name: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in name).split())[:100]


def _values(claims: Mapping[str, Any], way: str) -> list[str]:
    """The texts at a claim; a text of several words counts as several. Nothing when there is no such claim."""
    found: Any = claims.get(way)
    if found is None:
        found = claims
        for step in way.split("."):
            found = found.get(step) if isinstance(found, dict) else None
    if isinstance(found, str):
        return found.replace(",", " ").split()
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []
