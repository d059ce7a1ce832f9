"""What a study-close entry says: how many instances a study has, and which registrations they are. Pure.

The entry holds no UID: the study's digest is committed to as an image's digests are, under the name ``study/1``, and
the root is that of the RFC 9162 tree whose leaves are ``SHA-256(0x00 ‖ registration id)`` (16 bytes each), in the
order of the log, the oldest registration of each SOP instance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.core.capture import StudyMember, StudyRecord
from ledger.core.entry import STUDY_CLOSE, commit, commitment_key
from ledger.core.merkle import leaf_hash, root

STUDY = "study/1"
ID_BYTES = 16


def one_an_instance(members: Sequence[StudyMember]) -> list[StudyMember]:
    """The oldest registration of each SOP instance, in the order of the log; ``members`` come in that order."""
    first: dict[str, StudyMember] = {}
    for member in members:
        first.setdefault(member.instance, member)
    return list(first.values())


def packed(ids: Sequence[str]) -> bytes:
    """Registration ids as :attr:`StudyRecord.members` keeps them."""
    return b"".join(bytes.fromhex(one) for one in ids)


def unpacked(members: bytes) -> list[str]:
    """The registration ids in :attr:`StudyRecord.members`."""
    return [members[at : at + ID_BYTES].hex() for at in range(0, len(members), ID_BYTES)]


def closing(record: StudyRecord) -> dict[str, Any]:
    """The fields that a study-close entry has beside those of every entry."""
    ids = unpacked(record.members)
    return {
        "commitment": commit(commitment_key(record.salt, STUDY), STUDY, f"sha256:{record.study}"),
        "count": len(ids),
        "root": root([leaf_hash(bytes.fromhex(one)) for one in ids]).hex(),
    }


def fits(entry: Mapping[str, Any], record: StudyRecord) -> bool:
    """Whether ``record`` is what the decoded ``entry`` commits to."""
    fields = closing(record)
    return entry.get("kind") == STUDY_CLOSE and all(entry.get(name) == value for name, value in fields.items())
