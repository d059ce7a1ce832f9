"""The part of the audit about the chain: its events and storage against the log, the batches and the index."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from ledger.core.merkle import Tree
from ledger.core.model import Batch, BatchState, Block, ChainEvent, Difference, Registrar
from ledger.ports import Registry

HEAD, IMAGE = "HeadAdvanced", "ImageRegistered"
SETTLED = (BatchState.ANCHORED, BatchState.FINAL)


@dataclass(frozen=True)
class Anchored:
    """One registrar's log, and its part of what the chain held up to block ``newest``."""

    registrar: Registrar
    tree: Tree
    newest: Block
    events: Sequence[ChainEvent]

    @property
    def heads(self) -> list[ChainEvent]:
        """The HeadAdvanced events among them, in chain order."""
        return [event for event in self.events if event.name == HEAD]


def anchored_batches(registry: Registry, events: Iterable[ChainEvent], final_up_to: int) -> list[Batch]:
    """One batch for each head among ``events`` (all of their registrars, in chain order), as the chain tells it.

    Those in blocks up to ``final_up_to`` are final.
    """
    every = list(events)
    individual = {event.tx_hash for event in every if event.name == IMAGE}
    sizes: dict[str, int] = {}
    batches = []
    for event in every:
        if event.name != HEAD or event.size is None or event.sequence is None or event.root is None:
            continue
        first = sizes.get(event.registrar, 0)
        sizes[event.registrar] = event.size
        result = registry.result(event.tx_hash)
        batches.append(
            Batch(
                registrar=event.registrar,
                sequence=event.sequence,
                first=first,
                size=event.size,
                root=event.root,
                mode="register" if event.tx_hash in individual else "anchor",
                state=BatchState.FINAL if event.block.number <= final_up_to else BatchState.ANCHORED,
                created_at=datetime.fromtimestamp(event.block.time, UTC),
                tx_hash=event.tx_hash,
                block_number=event.block.number,
                block_hash=event.block.hash,
                block_time=event.block.time,
                gas_used=result.gas_used if result else None,
            )
        )
    return batches


def batch_line(batch: Batch) -> str:
    """What a settled batch says, as a line to compare and to show."""
    place = f"block {batch.block_number} {batch.block_hash} of {batch.block_time} by {batch.tx_hash}"
    return f"{batch.first} to {batch.size}, {batch.root.hex()}, {batch.mode}, {place}, {batch.gas_used} gas"


def is_behind(stored: Batch, mined: Batch) -> bool:
    """Whether ``stored`` is on its way still although one of its transactions is in a block, as ``mined`` tells."""
    return stored.state not in SETTLED and any(attempt.tx_hash == mined.tx_hash for attempt in stored.attempts)


def audit_images(part: Anchored) -> Iterator[Difference]:
    """Each leaf that the chain was given, against the log's."""
    for event in part.events:
        if event.name != IMAGE:
            continue
        index, leaf = event.index or 0, (event.leaf or b"").hex()
        if index >= part.tree.size:
            yield Difference("entry_missing", part.registrar.id, f"leaf {leaf}", "no entry", index=index)
        elif (found := part.tree.leaf(index).hex()) != leaf:
            yield Difference("leaf_differs_on_chain", part.registrar.id, leaf, found, index=index)


def audit_directory(registry: Registry, registrar: Registrar) -> Iterator[Difference]:
    """The registrar's entry in the contract's directory, against its name."""
    entry = registry.directory(registrar.id)
    name_hash = sha256(registrar.name.encode()).digest()
    if entry.status == "unknown":
        yield Difference("registrar_unknown", registrar.id, "an entry in the contract's directory", "none")
    elif entry.name_hash != name_hash:
        expected = f"a name of SHA-256 {entry.name_hash.hex()}"
        yield Difference("registrar_differs", registrar.id, expected, f"name {registrar.name}")


def audit_heads(
    registry: Registry, part: Anchored, on_heads: Callable[[int, int], None] = lambda _done, _of: None
) -> Iterator[Difference]:
    """Each root that the chain accepted: in the contract's storage, in its events and over the log's entries.

    ``on_heads`` is told how many heads were compared, and of how many.
    """
    registrar, tree = part.registrar.id, part.tree
    for number, event in enumerate(part.heads, start=1):
        size, expected = event.size or 0, (event.root or b"").hex()
        if event.sequence != number:
            yield Difference("head_missing", registrar, str(number), str(event.sequence), sequence=number)
        held = registry.root_at(registrar, event.sequence or 0)
        if held is None or held.hex() != expected:
            found = held.hex() if held else "none"
            yield Difference("contract_root_differs", registrar, found, expected, sequence=event.sequence)
        if size > tree.size:
            yield Difference("log_too_short", registrar, f"{size} entries", str(tree.size), sequence=event.sequence)
        elif (root := tree.root(size).hex()) != expected:
            yield Difference("root_differs", registrar, expected, root, sequence=event.sequence)
        on_heads(number, len(part.heads))
    head = registry.head(registrar).sequence
    known = len(part.heads)
    if head != known:
        # Heads may have come since; they are told apart from missing events by reading on.
        later = registry.events(part.newest.number + 1, registry.block().number)
        known += sum(event.registrar == registrar and event.name == HEAD for event in later)
    if not len(part.heads) <= head <= known:
        yield Difference("head_missing", registrar, str(head), f"{known} events")


def audit_batches(
    registry: Registry, part: Anchored, stored: Sequence[Batch], confirmations: int
) -> Iterator[Difference]:
    """The store's account of what is anchored, against the chain's. One that is merely behind is no difference."""
    final_up_to = part.newest.number - confirmations + 1
    mined = {batch.sequence: batch for batch in anchored_batches(registry, part.events, final_up_to)}
    kept = {batch.sequence: batch for batch in stored}
    for sequence in sorted(mined.keys() | kept.keys()):
        expected, found = mined.get(sequence), kept.get(sequence)
        if found is None or found.state in SETTLED:
            should, says = _settled(expected, final_up_to), _settled(found, final_up_to)
            later = expected is None and found is not None and _is_later(registry, found, part.newest)
            if should != says and not later:
                yield Difference("batch_differs", part.registrar.id, should, says, sequence=sequence)
        else:
            yield from _audit_open(part, found, expected)


def _settled(batch: Batch | None, final_up_to: int) -> str:
    if batch is None:
        return "none"
    early = batch.state is BatchState.FINAL and (batch.block_number or 0) > final_up_to
    return batch_line(batch) + (", final" if early else "")


def _is_later(registry: Registry, batch: Batch, newest: Block) -> bool:
    return newest.number < (batch.block_number or 0) <= registry.block().number


def _audit_open(part: Anchored, found: Batch, mined: Batch | None) -> Iterator[Difference]:
    registrar, sequence = part.registrar.id, found.sequence
    if mined is not None and not is_behind(found, mined):
        yield Difference("batch_differs", registrar, batch_line(mined), f"{found.state}, not sent", sequence=sequence)
    if (found.tx_hash, found.block_number, found.block_hash) != (None, None, None):
        expected = f"{found.state}, in no block"
        yield Difference("batch_differs", registrar, expected, batch_line(found), sequence=sequence)
    if found.size <= part.tree.size and part.tree.root(found.size) != found.root:
        root = part.tree.root(found.size).hex()
        yield Difference("batch_differs", registrar, f"root {root}", f"root {found.root.hex()}", sequence=sequence)


def audit_events(part: Anchored, stored: Iterable[ChainEvent], scanned: int) -> Iterator[Difference]:
    """The index of events against the chain's. What stands above block ``scanned`` has not been read yet."""
    said = {(event.block.hash, event.log_index): event for event in part.events}
    kept = {(event.block.hash, event.log_index): event for event in stored if event.block.number <= part.newest.number}
    for key in sorted(said.keys() | kept.keys()):
        expected, found = said.get(key), kept.get(key)
        if expected == found or (found is None and expected and expected.block.number > scanned):
            continue
        event = expected or found
        place = (event.index, event.sequence) if event else (None, None)
        yield Difference("event_differs", part.registrar.id, _event_line(expected), _event_line(found), *place)


def _event_line(event: ChainEvent | None) -> str:
    if event is None:
        return "none"
    leaf, root = ((value or b"").hex() or None for value in (event.leaf, event.root))
    block = f"{event.block.number} {event.block.hash} of {event.block.time}"
    what = f"index {event.index} leaf {leaf} sequence {event.sequence} size {event.size} root {root}"
    return f"{event.name} {event.log_index} in block {block} by {event.tx_hash}: {what}"
