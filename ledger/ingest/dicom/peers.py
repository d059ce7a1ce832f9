"""Who may send: ``AE@ADDRESS[:PORT]``, several with spaces between.

``AE`` is the sender's AE title or ``*``; ``ADDRESS`` an IPv4 address or network (``10.1.0.0/16``), an IPv6 address in
square brackets, or ``*``; ``PORT`` is where the sender itself listens, for reports of storage commitment on an
association of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from ledger.errors import SettingsError

_FORM = re.compile(r"(?P<ae>\*|[!-\[\]-~]{1,16})@(?P<host>\*|\[[0-9a-fA-F:.]+\]|[0-9./]+)(:(?P<port>\d{1,5}))?")
_EVERYWHERE: tuple[IPv4Network | IPv6Network, ...] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
_HERE: tuple[IPv4Network | IPv6Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True)
class Peer:
    """One sender, or all of a network."""

    ae_title: str
    networks: tuple[IPv4Network | IPv6Network, ...]
    port: int | None = None

    def is_at(self, address: str) -> bool:
        """Whether ``address`` is one of this peer's."""
        try:
            found = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(found, "ipv4_mapped", None) or found
        return any(mapped in network for network in self.networks if network.version == mapped.version)

    def is_called(self, ae_title: str) -> bool:
        """Whether the peer goes by ``ae_title``."""
        return self.ae_title in ("*", ae_title)


class Peers:
    """The list of senders. Nobody else is let in."""

    def __init__(self, peers: Sequence[Peer]) -> None:
        self._peers = tuple(peers)

    @classmethod
    def parse(cls, text: str) -> Peers:
        """The senders that ``text`` names; programs on this machine if it is empty. SettingsError names the word."""
        return cls([_peer(word) for word in text.split()] or [Peer("*", _HERE)])

    def knows_address(self, address: str) -> bool:
        """Whether any sender may be at ``address``."""
        return any(peer.is_at(address) for peer in self._peers)

    def find(self, ae_title: str, address: str) -> Peer | None:
        """The sender of this title at this address: the first of the list, one that says its port before others."""
        found = [peer for peer in self._peers if peer.is_called(ae_title) and peer.is_at(address)]
        return next((peer for peer in found if peer.port is not None), found[0] if found else None)


def _peer(word: str) -> Peer:
    found = _FORM.fullmatch(word)
    port = int(found["port"]) if found and found["port"] else None
    if found is None or (port is not None and not 0 < port < 65536):
        raise _unusable(word)
    if found["host"] == "*":
        return Peer(found["ae"], _EVERYWHERE, port)
    try:
        return Peer(found["ae"], (ip_network(found["host"].strip("[]")),), port)
    except ValueError:
        raise _unusable(word) from None


def _unusable(word: str) -> SettingsError:
    return SettingsError(
        f"expected a sender such as CT1@10.0.0.5:104 in MEDSEAL_DICOM_PEERS, found {word[:60]!r}",
        advice="Give AE@ADDRESS or AE@ADDRESS:PORT, with spaces between; the address as a number, a network, or *.",
    )


def shown_title(title: object) -> str:
    """An AE title as it may stand in a log: what was sent, without control characters, at most 16 of it."""
    return "".join(c if c.isprintable() else "?" for c in str(title).strip())[:16]
