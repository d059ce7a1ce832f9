"""Receipts: signed at once, and grown by proofs as the entry is anchored (*upgrade*); an old copy stays valid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from ledger.core.entry import commitment_key, decode_entry
from ledger.core.model import AnchorEvidence, Batch, BatchState, Block, ImageRecord, Registrar, Standing
from ledger.core.receipt import Checkpoint, Opening, issue
from ledger.errors import ChainUnreachable, Conflict, NotFound
from ledger.log import LogTrees
from ledger.ports import Clock, RecordStore, Registry
from ledger.standing import standing_of

# These fingerprints show what an image looks like, and their digests whether it is a known one: they stay in the
# hospital's store.
UNDISCLOSED = frozenset({"view/1", "trace/1"})
_CACHED_BATCHES = 256
_NOT_THE_LOG = "no receipt can be issued: the records are not the log that the contract holds"


class Receipts:
    """Issues receipts of one registrar's log."""

    def __init__(
        self,
        store: RecordStore,
        registry: Registry,
        trees: LogTrees,
        registrar: Registrar,
        sign: Callable[[bytes], bytes],
        clock: Clock,
    ) -> None:
        self._store = store
        self._registry = registry
        self._trees = trees
        self._registrar = registrar
        self._sign = sign
        self._clock = clock
        self._evidence: OrderedDict[tuple[int, str], AnchorEvidence] = OrderedDict()
        self._lock = Lock()

    def issue(self, registration_id: str) -> bytes:
        """The receipt as of now. While the chain can't be asked it carries the checkpoint and no anchor."""
        registration = self._store.registration(registration_id)
        if registration is None:
            raise NotFound(f"no registration {registration_id}")
        entry = registration.entry
        if entry.registrar != self._registrar.id:
            raise Conflict("only the registrar of a log can sign its receipts")
        if decode_entry(entry.body)["id"] != registration_id:
            raise Conflict(_NOT_THE_LOG, advice="Run medseal audit; it names what was changed.")
        standing = self._standing(entry.registrar, registration_id)
        batch = self._store.batch_of(entry.registrar, entry.index)
        anchored = batch if batch and batch.state in (BatchState.ANCHORED, BatchState.FINAL) else None
        return issue(
            self._registrar,
            entry.body,
            entry.index,
            openings(registration.image),
            issued_at=self._clock(),
            standing=standing,
            sign=self._sign,
            checkpoint=self._checkpoint(anchored, entry.index) if anchored else None,
            anchor=self._anchor(anchored) if anchored else None,
        )

    def _standing(self, registrar: str, registration_id: str) -> Standing:
        """What the log says of it. Silence counts only in a log that is the contract's, while that can be asked."""
        view = self._trees.view(registrar, registration_id)
        standing = standing_of(view.statements).standing
        try:
            head = self._registry.head(registrar)
        except ChainUnreachable:
            return standing
        if head.size > view.tree.size or (head.size and view.tree.root(head.size) != head.root):
            raise Conflict(_NOT_THE_LOG, advice="Run medseal audit; it names what was changed.")
        return standing

    def _checkpoint(self, batch: Batch, index: int) -> Checkpoint:
        tree = self._trees.at(batch.registrar, batch.size)
        return Checkpoint(batch.sequence, batch.size, batch.root, tuple(tree.inclusion(index, batch.size)))

    def _anchor(self, batch: Batch) -> AnchorEvidence | None:
        if batch.tx_hash is None or batch.block_number is None or batch.block_hash is None:
            return None
        key = (batch.sequence, batch.block_hash)
        with self._lock:
            known = self._evidence.get(key)
        if known is not None:
            return known
        block = Block(batch.block_number, batch.block_hash, batch.block_time or 0)
        try:
            evidence = self._registry.evidence(batch.registrar, batch.sequence, batch.tx_hash, block)
        except ChainUnreachable:
            return None
        with self._lock:
            self._evidence[key] = evidence
            while len(self._evidence) > _CACHED_BATCHES:
                self._evidence.popitem(last=False)
        return evidence


def openings(image: ImageRecord) -> dict[str, Opening]:
    """The openings that a receipt discloses: every digest but those that show what the image looks like."""
    return {
        name: Opening(digest, commitment_key(image.salt, name))
        for name, digest in image.digests.items()
        if name not in UNDISCLOSED
    }
