"""RFC 9162 Merkle trees over SHA-256: hashing, roots, inclusion and consistency proofs.

A leaf is ``SHA-256(0x00 ‖ entry)``, a node ``SHA-256(0x01 ‖ left ‖ right)`` (RFC 9162, section 2.1.1).
All hashes are 32 raw bytes. Making proofs works on a :class:`Tree`; checking them needs nothing but the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from hmac import compare_digest

from ledger.errors import InvalidProof

LEAF_PREFIX = b"\x00"
NODE_PREFIX = b"\x01"
HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """The 32-byte hash of one log entry (RFC 9162, 2.1.1)."""
    return sha256(LEAF_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The 32-byte hash of an inner node over its two children."""
    return sha256(NODE_PREFIX + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; :data:`EMPTY_ROOT` for none."""
    if any(len(leaf) != HASH_SIZE for leaf in leaves):
        raise InvalidProof(f"a leaf hash has {HASH_SIZE} bytes")
    level = list(leaves)
    while len(level) > 1:
        # A node without a sibling stands for itself one level up, as in RFC 9162 (2.1.1) the right part does.
        odd = level[-1:] if len(level) % 2 else []
        level = [sha256(NODE_PREFIX + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0] if level else EMPTY_ROOT


def root_from_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root from the perfect subtrees of a tree, largest (leftmost) first."""
    if not peaks:
        return EMPTY_ROOT
    accumulated = peaks[-1]
    for peak in reversed(peaks[:-1]):
        accumulated = node_hash(peak, accumulated)
    return accumulated


def peak_sizes(size: int) -> list[int]:
    """The leaf counts of the perfect subtrees of a tree of ``size`` leaves, largest first."""
    return [1 << bit for bit in range(size.bit_length() - 1, -1, -1) if size >> bit & 1]


class Tree:
    """An append-only tree that keeps every complete subtree, level by level, in flat byte arrays.

    Appending is amortised O(1) hashes a leaf; any older size can be proven. 64 bytes of memory a leaf.
    """

    def __init__(self) -> None:
        self._levels: list[bytearray] = [bytearray()]

    @property
    def size(self) -> int:
        """How many leaves were appended."""
        return len(self._levels[0]) // HASH_SIZE

    def append(self, leaf: bytes) -> None:
        """Append one leaf hash of 32 bytes."""
        if len(leaf) != HASH_SIZE:
            raise InvalidProof(f"a leaf hash has {HASH_SIZE} bytes, not {len(leaf)}")
        self._levels[0] += leaf
        self._complete()

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes in order."""
        for leaf in leaves:
            self.append(leaf)

    def leaf(self, index: int) -> bytes:
        """The leaf hash at ``index``."""
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` leaves (all by default)."""
        return root_from_peaks(self.peaks(size))

    def peaks(self, size: int | None = None) -> list[bytes]:
        """The roots of the perfect subtrees of the first ``size`` leaves, largest first."""
        count = self._checked(size)
        hashes, start = [], 0
        for width in peak_sizes(count):
            hashes.append(self._node(width.bit_length() - 1, start // width))
            start += width
        return hashes

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of leaf ``index`` in the tree of ``size`` leaves, leaf side first (RFC 9162, 2.1.3.1)."""
        count = self._checked(size)
        if not 0 <= index < count:
            raise InvalidProof(f"leaf {index} is not in a tree of {count} leaves")
        return self._path(index, 0, count)

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the first ``old`` of ``new`` leaves are unchanged (RFC 9162, 2.1.4.1)."""
        count = self._checked(new)
        if not 0 <= old <= count:
            raise InvalidProof(f"no proof from {old} to {count} leaves: a log never shrinks")
        return [] if old in (0, count) else self._subproof(old, 0, count, whole=True)

    def _checked(self, size: int | None) -> int:
        count = self.size if size is None else size
        if not 0 <= count <= self.size:
            raise InvalidProof(f"the tree has {self.size} leaves, not {count}")
        return count

    def _complete(self) -> None:
        level = 0
        while (len(self._levels[level]) // HASH_SIZE) % 2 == 0:
            pair = bytes(self._levels[level][-2 * HASH_SIZE :])
            if level + 1 == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level + 1] += sha256(NODE_PREFIX + pair).digest()
            level += 1

    def _node(self, level: int, index: int) -> bytes:
        return bytes(self._levels[level][index * HASH_SIZE : (index + 1) * HASH_SIZE])

    def _range(self, start: int, end: int) -> bytes:
        """The root of leaves [start, end); ``start`` is a multiple of the largest power of two in the range."""
        hashes = []
        for width in peak_sizes(end - start):
            hashes.append(self._node(width.bit_length() - 1, start // width))
            start += width
        return root_from_peaks(hashes)

    def _path(self, index: int, start: int, end: int) -> list[bytes]:
        if end - start == 1:
            return []
        middle = start + _split(end - start)
        if index < middle:
            return [*self._path(index, start, middle), self._range(middle, end)]
        return [*self._path(index, middle, end), self._range(start, middle)]

    def _subproof(self, old: int, start: int, end: int, *, whole: bool) -> list[bytes]:
        if old == end:
            return [] if whole else [self._range(start, end)]
        middle = start + _split(end - start)
        if old <= middle:
            return [*self._subproof(old, start, middle, whole=whole), self._range(middle, end)]
        return [*self._subproof(old, middle, end, whole=False), self._range(start, middle)]


def _split(size: int) -> int:
    """The largest power of two smaller than ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> bool:
    """Whether ``path`` leads from ``leaf`` at ``index`` to the root of ``size`` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _hashes([leaf, expected_root, *path]):
        return False
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and compare_digest(result, expected_root)


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the tree of ``new`` leaves begins with the tree of ``old`` leaves (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or not _hashes([old_root, new_root, *proof]):
        return False
    if old in (0, new):
        expected = EMPTY_ROOT if old == 0 else new_root
        return not proof and compare_digest(old_root, expected)
    nodes = list(proof) if old & (old - 1) else [old_root, *proof]
    return bool(nodes) and _fold_consistency(old - 1, new - 1, nodes, old_root, new_root)


def _fold_consistency(node: int, last: int, nodes: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    while node & 1:
        node, last = node >> 1, last >> 1
    first = second = nodes[0]
    for sibling in nodes[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and compare_digest(first, old_root) and compare_digest(second, new_root)


def _hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_SIZE for value in values)
