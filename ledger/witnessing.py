"""Witnessing: was the log only appended to between two moments? From the chain's heads and the records' entries.

The store's index says where to look. Each head is then read from the chain: its event in the block, its root in the
contract's storage, and the head that follows, which must be of a later time. The records are read anew and in full up
to the later head, entry bytes and not stored leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

from ledger.core.merkle import Tree, leaf_hash
from ledger.core.model import ChainEvent
from ledger.core.moments import when
from ledger.core.witness import NO_HEAD, Holds, SeenHead, Witness, judge
from ledger.errors import ChainMismatch, ChainUnreachable, InputError
from ledger.ports_watch import WatchedChain, WatchedStore

_HEAD = "HeadAdvanced"
_Heads: TypeAlias = Callable[[], tuple[SeenHead, SeenHead]]


class _Unsettled(Exception):
    """The chain answers, but not with what was looked for; the text says what."""


class Witnessing:
    """Answers for one store and one contract. An outage of the chain is a value, one of the store is raised."""

    def __init__(self, store: WatchedStore, chain: WatchedChain) -> None:
        self._store = store
        self._chain = chain

    def between(self, registrar: str, since: datetime, until: datetime | None = None) -> Witness:
        """From the head in force at ``since`` to the one at ``until``; InputError when ``until`` is earlier.

        Chain time is block time, in whole seconds, and may run a little ahead of any clock. So without ``until`` it is
        the contract's present head, whatever its time.
        """
        if until is not None and until < since:
            raise InputError(
                f"expected the later moment at or after the earlier one, found {when(until)} before {when(since)}",
                code="invalid_span",
                advice="Give the earlier moment first.",
            )
        return self._witness(registrar, lambda: (self._at(registrar, since), self._at(registrar, until)))

    def of_heads(self, registrar: str, old: int, new: int) -> Witness:
        """From head ``old`` to head ``new``, by their sequence; 0 is the empty log."""
        if not 0 <= old <= new:
            raise InputError(
                f"expected two sequences in order, found {old} and {new}",
                code="invalid_span",
                advice="Give the earlier head first; 0 is the empty log.",
            )
        return self._witness(registrar, lambda: (self._numbered(registrar, old), self._numbered(registrar, new)))

    def _witness(self, registrar: str, heads: _Heads) -> Witness:
        try:
            old, new = heads()
        except _Unsettled as reason:
            return Witness(registrar, Holds.UNDETERMINED, str(reason))
        except (ChainUnreachable, ChainMismatch) as error:
            return Witness(registrar, Holds.UNDETERMINED, f"the chain could not be asked: {error} ({error.code})")
        return judge(registrar, self._tree(registrar, new.size), old, new)

    def _at(self, registrar: str, moment: datetime | None) -> SeenHead:
        """The head in force at a moment: seen in the chain, and so is the time of the one that follows it."""
        if moment is None:
            return self._numbered(registrar, self._chain.head(registrar).sequence)
        found = self._store.head_before(registrar, moment)
        head = NO_HEAD if found is None else self._seen(registrar, found)
        if head.block is not None and head.block.time > int(moment.timestamp()):
            raise _Unsettled(f"the index is wrong about the time of head {head.sequence}; medseal audit says more")
        if self._chain.head(registrar).sequence > head.sequence:
            after = self._numbered(registrar, head.sequence + 1)
            if after.block is not None and after.block.time <= int(moment.timestamp()):
                seen = when(datetime.fromtimestamp(after.block.time, UTC))
                raise _Unsettled(f"the index is wrong: head {after.sequence} is in the chain since {seen}")
        return head

    def _numbered(self, registrar: str, sequence: int) -> SeenHead:
        if sequence == 0:
            return NO_HEAD
        found = self._store.head_event(registrar, sequence)
        if found is not None:
            return self._seen(registrar, found)
        newest = self._chain.head(registrar).sequence
        if sequence > newest:
            raise InputError(
                f"expected a head that the chain holds, found {sequence}: the newest is {newest}",
                code="no_such_head",
                advice="medseal batches lists the heads.",
            )
        raise _Unsettled(f"the index does not have head {sequence} yet; the worker reads it from the chain")

    def _seen(self, registrar: str, indexed: ChainEvent) -> SeenHead:
        """The head of an indexed event, from the event in its block and from the contract's storage."""
        number, sequence = indexed.block.number, indexed.sequence or 0
        events = self._chain.events(number, number)
        event = next((e for e in events if (e.name, e.registrar, e.sequence) == (_HEAD, registrar, sequence)), None)
        if event is None or event.root is None or event.size is None:
            raise _Unsettled(f"the index names block {number} for head {sequence}, and the chain has none there")
        if self._chain.root_at(registrar, sequence) != event.root:
            raise _Unsettled(f"the node's event and storage give head {sequence} two different roots")
        return SeenHead(sequence, event.size, event.root, event.block, event.tx_hash)

    def _tree(self, registrar: str, size: int) -> Tree:
        tree = Tree()
        for entry in self._store.entries(registrar, 0, size):
            if entry.index != tree.size:
                break
            tree.append(leaf_hash(entry.body))
        return tree
