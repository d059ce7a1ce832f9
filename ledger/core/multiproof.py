"""One Merkle proof for several leaves of an RFC 9162 tree: the roots of the largest subtrees that hold none of them.

A tree of ``size`` leaves is split at the largest power of two below ``size`` (RFC 9162, 2.1.1). A proof lists, from
left to right, the root of every subtree without a chosen leaf whose parent holds one. It has at most as many nodes as
the audit paths of the chosen leaves together, and there is exactly one for a choice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ledger.core.merkle import HASH_SIZE, node_hash, root
from ledger.errors import InvalidProof


def prove(leaves: Sequence[bytes], indexes: Iterable[int]) -> list[bytes]:
    """The proof of the leaves at ``indexes`` of the tree over ``leaves``; InvalidProof for none, or one outside."""
    chosen = _chosen(len(leaves), indexes)
    return [root(leaves[start:end]) for start, end in _others(chosen, 0, len(leaves))]


def root_of(size: int, disclosed: Mapping[int, bytes], proof: Sequence[bytes]) -> bytes:
    """The root of the tree of ``size`` leaves that has the ``disclosed`` leaves at their indexes.

    InvalidProof when none is disclosed, an index is outside the tree, a hash is not of 32 bytes, or ``proof`` has
    more or fewer nodes than belong to this choice. Costs one hash a node on the way from the leaves to the root.
    """
    chosen = _chosen(size, disclosed)
    if any(len(value) != HASH_SIZE for value in (*disclosed.values(), *proof)):
        raise InvalidProof(f"expected hashes of {HASH_SIZE} bytes, found another length")
    nodes = iter(proof)
    found = _fold(chosen, 0, size, disclosed, nodes)
    if next(nodes, None) is not None:
        raise InvalidProof(f"expected fewer nodes for {len(chosen)} of {size} leaves, found {len(proof)}")
    return found


def _chosen(size: int, indexes: Iterable[int]) -> list[int]:
    chosen = sorted(set(indexes))
    if not chosen:
        raise InvalidProof("expected at least one leaf to prove, found none")
    if chosen[0] < 0 or chosen[-1] >= size:
        outside = chosen[0] if chosen[0] < 0 else chosen[-1]
        raise InvalidProof(f"expected leaves of a tree of {size}, found leaf {outside}")
    return chosen


def _others(chosen: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges of the subtrees within [start, end) that hold no chosen leaf, left to right."""
    if not _holds(chosen, start, end):
        yield start, end
    elif end - start > 1:
        middle = start + _split(end - start)
        yield from _others(chosen, start, middle)
        yield from _others(chosen, middle, end)


def _fold(chosen: Sequence[int], start: int, end: int, disclosed: Mapping[int, bytes], nodes: Iterator[bytes]) -> bytes:
    if not _holds(chosen, start, end):
        node = next(nodes, None)
        if node is None:
            raise InvalidProof("expected more nodes for these leaves, found the end of the proof")
        return node
    if end - start == 1:
        return disclosed[start]
    middle = start + _split(end - start)
    left = _fold(chosen, start, middle, disclosed, nodes)
    return node_hash(left, _fold(chosen, middle, end, disclosed, nodes))


def _holds(chosen: Sequence[int], start: int, end: int) -> bool:
    place = bisect_left(chosen, start)
    return place < len(chosen) and chosen[place] < end


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)
