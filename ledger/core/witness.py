"""Whether a log only grew between two heads that the chain holds: RFC 9162 consistency from the records. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ledger.core.merkle import EMPTY_ROOT, Tree, verify_consistency
from ledger.core.model import Block


class Holds(StrEnum):
    """What came of a witnessing. *Undetermined* is no answer: something could not be asked."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class SeenHead:
    """A head as the chain has it: from the contract's event in ``block``, its root from the contract's storage too.

    Sequence 0 is the empty log before the first head; then there is no block and no transaction.
    """

    sequence: int
    size: int
    root: bytes
    block: Block | None = None
    transaction: str | None = None


NO_HEAD = SeenHead(0, 0, EMPTY_ROOT)


@dataclass(frozen=True)
class Witness:
    """The answer: ``proof`` is that of RFC 9162, section 2.1.4, from ``old.size`` to ``new.size``, 32 bytes a node.

    ``old`` and ``new`` are None where the chain did not say; ``proof`` is empty unless the result is *holds*, and
    also where none is needed (equal sizes, or an empty log to begin with).
    """

    registrar: str
    result: Holds
    reason: str
    old: SeenHead | None = None
    new: SeenHead | None = None
    proof: tuple[bytes, ...] = ()


def judge(registrar: str, tree: Tree, old: SeenHead, new: SeenHead) -> Witness:
    """Whether the records, as ``tree``, prove that the log under ``new`` begins with the log under ``old``.

    The roots are the chain's, the proof is made from the records, and the one is verified against the other.
    """

    def answer(result: Holds, reason: str, proof: tuple[bytes, ...] = ()) -> Witness:
        return Witness(registrar, result, reason, old, new, proof)

    if not new.size:
        return answer(Holds.UNDETERMINED, "nothing was anchored by the later moment, so there is nothing to compare")
    if not old.size <= new.size <= tree.size:
        return answer(Holds.FAILS, _too_short(tree.size, max(old, new, key=lambda head: head.size)))
    proof = tuple(tree.consistency(old.size, new.size))
    if not verify_consistency(old.size, new.size, proof, old.root, new.root) or tree.root(new.size) != new.root:
        wrong = next((head for head in (old, new) if tree.root(head.size) != head.root), new)
        return answer(Holds.FAILS, _other_root(tree, wrong))
    return answer(Holds.HOLDS, _grew(old, new), proof)


def _too_short(size: int, head: SeenHead) -> str:
    return (
        f"the records hold {size} entries, fewer than the {head.size} that the chain holds under head {head.sequence}"
    )


def _other_root(tree: Tree, head: SeenHead) -> str:
    return (
        f"the first {head.size} records lead to the root {tree.root(head.size).hex()}, the chain holds "
        f"{head.root.hex()} under head {head.sequence}"
    )


def _grew(old: SeenHead, new: SeenHead) -> str:
    if not old.size:
        return f"nothing was anchored at the earlier moment; the {new.size} entries since lead to the chain's root"
    if old.sequence == new.sequence:
        return f"both moments have head {new.sequence}, and its {new.size} entries lead to the chain's root"
    return (
        f"the {old.size} entries of head {old.sequence} stand unchanged at the beginning of the {new.size} of head "
        f"{new.sequence}"
    )
