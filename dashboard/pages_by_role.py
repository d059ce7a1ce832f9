"""Which pages there are, and the scopes that open each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.schemas import ROLES


@dataclass(frozen=True)
class Place:
    """A page: its file in ``screens``, how the navigation shows it, and the scopes of which one is enough."""

    name: str
    title: str
    icon: str
    scopes: tuple[str, ...]
    purpose: str

    @property
    def file(self) -> str:
        """The file as :func:`streamlit.Page` wants it."""
        return f"screens/{self.name}.py"


_ALL = (
    Place("verify", "Verify", ":material/verified_user:", ("verify",), "verify images"),
    Place("register", "Register", ":material/app_registration:", ("register",), "register images"),
    Place("history", "History", ":material/history:", ("history",), "read the history"),
    Place("cases", "Cases", ":material/cases:", ("review", "audit"), "see cases"),
    Place("audit", "Audit", ":material/fact_check:", ("audit",), "audit the ledger"),
    Place(
        "hospital", "Hospital", ":material/local_hospital:", ("history", "audit"), "see how the hospital's ledger runs"
    ),
)
FIRST = "verify"
"""The page that the bare address shows."""
SIGN_IN = Place("sign_in", "Sign in", ":material/login:", (), "sign in")


def places() -> Sequence[Place]:
    """The pages of the navigation, in its order."""
    return _ALL


def roles_for(scopes: Sequence[str]) -> tuple[str, ...]:
    """The roles that have any of ``scopes``; ``admin`` always."""
    return tuple(role for role, given in ROLES.items() if role == "admin" or {*scopes} & {*given})
