"""From the log to the chain: one head of one registrar on its way at a time, exactly once, whatever dies when.

``prepared → broadcast → anchored → final``, side state ``blocked``. Each :meth:`Anchorer.tick` takes one step and may
be killed between any two statements: what was signed is stored before it is sent, the nonce and the head are read from
the chain each time, and the contract's compare-and-swap on the sequence refuses whatever would be a second copy.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import replace
from datetime import datetime

from ledger.batching import PAUSES, Action, BatchPolicy, TickReport
from ledger.core.merkle import Tree
from ledger.core.model import Attempt, Batch, BatchState, Head, TransactionResult
from ledger.errors import ChainRejected, ChainUnreachable, OutageError
from ledger.log import LogTrees
from ledger.ports import Clock, RecordStore, Registry
from ledger.reconciling import Records, mined

__all__ = ["Action", "Anchorer", "BatchPolicy", "TickReport"]

_log = logging.getLogger(__name__)
_OPEN_LIMIT = 1000
_RESEND_SECONDS = 10.0


class Anchorer:
    """Anchors one registrar's log through one sender. Not to be shared between threads; the store and chain are."""

    def __init__(
        self,
        store: RecordStore,
        registry: Registry,
        trees: LogTrees,
        registrar: str,
        policy: BatchPolicy,
        clock: Clock,
        *,
        first_block: int = 0,
    ) -> None:
        """``first_block``: where the contract was deployed; only searched when the chain knows more than the store."""
        self._store = store
        self._registry = registry
        self._records = Records(store, registry, registrar, first_block)
        self._trees = trees
        self._id = registrar
        self._policy = policy
        self._clock = clock
        self._handed: dict[str, datetime] = {}

    def tick(self, *, force: bool = False) -> TickReport:
        """Take one step; with ``force`` what waits is due now. An OutageError leaves everything as it was stored."""
        batches = self._store.batches(self._id, open_only=True, limit=_OPEN_LIMIT)
        batches.sort(key=lambda batch: batch.sequence)
        moving = next((batch for batch in batches if batch.state is not BatchState.ANCHORED), None)
        if moving is None:
            return self._settle(batches) or self._start(force)
        report = self._follow(moving)
        still = report.action in (Action.WAITING, Action.BLOCKED)
        return (self._settle(batches) if still else None) or report

    def run(self, stop: threading.Event) -> None:
        """Tick until ``stop`` is set. An outage is logged and waited out, at most 30 s between two attempts."""
        failures = 0
        while not stop.is_set():
            try:
                pause = PAUSES.get(self.tick().action, 0.0)
                failures = 0
            except OutageError as error:
                pause = min(30.0, 0.5 * 2 ** min(failures, 6))
                failures += 1
                _log.warning("anchoring waits %.1f s: %s (%s)", pause, error, error.code)
            stop.wait(pause)

    def drain(self, timeout: float) -> bool:
        """Tick until all that is in the log is anchored, and final where it is deep enough; False if time runs out.

        ChainRejected with the reason when a batch is blocked; the last outage when the chain stays away for long.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                report = self.tick(force=True)
            except ChainUnreachable:
                if time.monotonic() > deadline:
                    raise
                report = TickReport(Action.WAITING, "the chain does not answer")
            if report.action is Action.BLOCKED:
                raise ChainRejected(report.detail)
            if report.action is Action.IDLE:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02 if report.action is Action.WAITING else 0)

    # a batch on its way

    def _follow(self, batch: Batch) -> TickReport:
        found = self._records.look_up(batch)
        if found is None and batch.attempts:
            if self._registry.nonce() == batch.attempts[-1].nonce:
                return self._push(batch)
            # Mined between the two reads, or the nonce went to another transaction (or came back in a reorg).
            found = self._records.look_up(batch)
        if found is None:
            return self._begin(batch)
        attempt, result = found
        return self._anchored(batch, attempt, result) if result.succeeded else self._reverted(batch, attempt, result)

    def _anchored(self, batch: Batch, attempt: Attempt, result: TransactionResult) -> TickReport:
        done = mined(replace(batch, size=attempt.size, root=attempt.root), result)
        self._store.save_batch(done)
        return TickReport(Action.ANCHORED, f"head {done.sequence} is in block {done.block_number}", done)

    def _reverted(self, batch: Batch, attempt: Attempt, result: TransactionResult) -> TickReport:
        if self._registry.head(self._id).sequence >= batch.sequence:
            return self._begin(batch)
        obstacle = self._records.obstacle()
        # Gas was paid for nothing once; not again before somebody had the time to look.
        if obstacle is None and self._age(attempt.created_at) >= self._policy.replace_after_seconds:
            return self._begin(batch)
        where = f"transaction {result.tx_hash} was mined in block {result.block.number} and reverted"
        return self._block(batch, f"{where}: {obstacle or 'no reason found; it will be tried again'}")

    def _push(self, batch: Batch) -> TickReport:
        """Its nonce is next and it is in no block: send, send again, or replace."""
        latest = batch.attempts[-1]
        since = latest.broadcast_at or (latest.created_at if batch.state is BatchState.BLOCKED else None)
        if since is not None and self._age(since) >= self._policy.replace_after_seconds:
            price = self._policy.replacement_price(batch.attempts, self._registry.gas_price())
            if price is not None:
                return self._begin(batch, price)
        handed = self._handed.get(latest.tx_hash)
        if handed is None or self._age(handed) >= _RESEND_SECONDS:
            return self._send(batch, Action.SENT if latest.broadcast_at is None else Action.WAITING)
        return TickReport(Action.WAITING, f"transaction {latest.tx_hash} is in no block yet", batch)

    def _send(self, batch: Batch, action: Action) -> TickReport:
        """Hand over the newest attempt, which is stored, and store that it was."""
        latest, now = batch.attempts[-1], self._clock()
        try:
            self._registry.broadcast(latest.raw)
        except ChainRejected as error:
            return self._refused(batch, str(error))
        self._handed = {latest.tx_hash: now}
        if latest.broadcast_at is None or batch.state is not BatchState.BROADCAST:
            marked = (*batch.attempts[:-1], replace(latest, broadcast_at=latest.broadcast_at or now))
            batch = replace(batch, attempts=marked, state=BatchState.BROADCAST, reason=None)
            self._store.save_batch(batch)
        return TickReport(action, f"entries {batch.first} to {batch.size} are in {latest.tx_hash}", batch)

    def _refused(self, batch: Batch, reason: str) -> TickReport:
        if len(batch.attempts) > 1:
            # The form before it is still on its way; another replacement may be tried after the same time again.
            kept = (*batch.attempts[:-2], replace(batch.attempts[-2], broadcast_at=self._clock()))
            size, root, state = kept[-1].size, kept[-1].root, BatchState.BROADCAST
            batch = replace(batch, attempts=kept, size=size, root=root, state=state)
            self._store.save_batch(batch)
            return TickReport(Action.WAITING, reason, batch)
        if self._registry.nonce() != batch.attempts[-1].nonce:
            return TickReport(Action.WAITING, reason, batch)
        return self._block(batch, self._records.obstacle() or reason)

    # a new head

    def _start(self, force: bool) -> TickReport:
        pending = self._store.pending(self._id)
        if pending is None:
            return TickReport(Action.IDLE, "nothing waits")
        if not (force or self._policy.due(pending, self._clock())):
            return TickReport(Action.IDLE, f"{pending.size - pending.first} entries wait for company")
        return self._begin(None)

    def _begin(self, previous: Batch | None, price: int | None = None) -> TickReport:
        """Sign the next head on top of the chain's in the place of ``previous``; at its nonce if a price is given."""
        head, tree = self._registry.head(self._id), self._trees.at(self._id)
        fork = self._records.fork(head, tree)
        if fork:
            return self._block(previous or self._waiting(head, tree), fork)
        behind = previous is not None and previous.sequence <= head.sequence
        if behind or not self._records.is_settled(head.sequence):
            adopted = self._records.adopt(head, previous, self._clock())
            return TickReport(Action.ADOPTED, f"the chain has head {adopted.sequence} already", adopted)
        if self._records.is_settled(head.sequence + 1):
            return TickReport(Action.REOPENED, "the chain lost it", self._records.reopen(head.sequence + 1))
        replaced = previous if price is not None else None
        size = self._goal(head, tree, replaced)
        if size == head.size:
            return TickReport(Action.IDLE, "everything is on the chain")
        try:
            attempt = self._sign(head, size, replaced, price)
        except ChainRejected as error:
            if replaced:
                return TickReport(Action.WAITING, f"no replacement: {error}", previous)
            if self._registry.head(self._id) != head:
                # Our own transaction was mined between the reading and the trial: the next tick finds it.
                return TickReport(Action.WAITING, "the head moved meanwhile", previous)
            return self._block(previous or self._waiting(head, tree), self._records.obstacle() or str(error))
        batch = self._prepared(head, attempt, replaced)
        self._store.save_batch(batch)
        return self._send(batch, Action.REPLACED if replaced else Action.SENT)

    def _goal(self, head: Head, tree: Tree, replaced: Batch | None) -> int:
        """The size to sign: all that is in the log, within one transaction's limit and short of any later batch."""
        goal = tree.size
        if (replaced.mode if replaced else self._policy.mode) == "register":
            most = self._registry.max_leaves()
            goal = min(goal, head.size + (most if replaced else min(most, self._policy.max_entries)))
        later = self._store.batch(self._id, head.sequence + 2)
        return goal if later is None or later.first <= head.size else min(goal, later.first)

    def _sign(self, head: Head, size: int, replaced: Batch | None, price: int | None) -> Attempt:
        registry, tree, now = self._registry, self._trees.at(self._id, size), self._clock()
        nonce = replaced.attempts[-1].nonce if replaced else registry.nonce()
        price, root = registry.gas_price() if price is None else price, tree.root()
        common = {"nonce": nonce, "gas_price": price, "size": size}
        if (replaced.mode if replaced else self._policy.mode) == "anchor":
            proof = tree.consistency(head.size)
            return registry.sign_anchor(**common, head=head, proof=proof, root=root, now=now)
        leaves, peaks = [tree.leaf(index) for index in range(head.size, size)], tree.peaks(head.size)
        return registry.sign_register(**common, head=head, peaks=peaks, leaves=leaves, root=root, now=now)

    def _prepared(self, head: Head, attempt: Attempt, replaced: Batch | None) -> Batch:
        size, root, state = attempt.size, attempt.root, BatchState.PREPARED
        if replaced is None:
            mode, now = self._policy.mode, attempt.created_at
            return Batch(self._id, head.sequence + 1, head.size, size, root, mode, state, now, (attempt,))
        # What the node refused can't be mined, unlike what it took once.
        refused = replaced.state is BatchState.BLOCKED and replaced.attempts[-1].broadcast_at is None
        attempts = (*(replaced.attempts[:-1] if refused else replaced.attempts), attempt)
        return replace(replaced, size=size, root=root, state=state, attempts=attempts, reason=None)

    # what stops it

    def _block(self, batch: Batch, reason: str) -> TickReport:
        blocked = replace(batch, state=BatchState.BLOCKED, reason=reason)
        if blocked != batch:
            self._store.save_batch(blocked)
            _log.warning("anchoring is blocked: %s", reason)
        return TickReport(Action.BLOCKED, reason, blocked)

    def _waiting(self, head: Head, tree: Tree) -> Batch:
        """An unsigned batch of all that waits, under a sequence that no batch has yet."""
        pending, sequence = self._store.pending(self._id), head.sequence + 1
        while self._store.batch(self._id, sequence) is not None:
            sequence += 1
        first, size = (pending.first, pending.size) if pending else (tree.size, tree.size)
        root, mode = self._trees.at(self._id, size).root(), self._policy.mode
        return Batch(self._id, sequence, first, size, root, mode, BatchState.PREPARED, self._clock())

    def _settle(self, batches: list[Batch]) -> TickReport | None:
        oldest = next((batch for batch in batches if batch.state is BatchState.ANCHORED), None)
        done = self._records.settle(oldest, self._policy.confirmations) if oldest else None
        if done is None:
            return None
        action = Action.FINAL if done.state is BatchState.FINAL else Action.REOPENED
        return TickReport(action, f"head {done.sequence}: {done.reason or 'final'}", done)

    def _age(self, moment: datetime) -> float:
        return (self._clock() - moment).total_seconds()
