"""The answer to ``medseal verify`` when the ledger does not answer: what the file alone says, and *undetermined*."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from ledger.cli.edge import UNDETERMINED, Ledger, code_of, opened
from ledger.core.verdict import Check, Status
from ledger.errors import InputError, LedgerError

if TYPE_CHECKING:
    from ledger.core.images import Limits
    from ledger.core.offline import Presented
    from ledger.schemas import Verification
    from ledger.settings import Settings

_UNASKED = "the ledger does not answer"
_OF_THE_LEDGER = range(2, 11)


def is_outage(error: LedgerError) -> bool:
    """Whether the image has nothing to do with it: nothing was answered, or the server failed."""
    return code_of(error) == UNDETERMINED


@contextmanager
def reached(settings: Settings) -> Iterator[Ledger | LedgerError]:
    """The open ledger, or the outage that kept it from being opened."""
    with ExitStack() as closing:
        found: Ledger | LedgerError
        try:
            found = closing.enter_context(opened(settings, patient=True, make=False))
        except LedgerError as error:
            if not is_outage(error):
                raise
            found = error
        yield found


def unreached(image: bytes, error: LedgerError, policy: str, limits: Limits) -> Verification:
    """*Undetermined*: check 0 is made here, check 1 has ``error`` as the reason, the others are skipped.

    InputError for an empty file, as the ledger would say.
    """
    from ledger.bootstrap import utc_now
    from ledger.core.offline import decode_check, policy_check, skipped
    from ledger.core.verdict import decide, policy_named
    from ledger.present import verification
    from ledger.proving import Proof
    from ledger.verification import Outcome

    if not image:
        raise InputError("the file is empty (0 bytes)", code="empty_file")
    chosen = policy_named(policy)
    why = Check(1, Status.UNDETERMINED, f"{_UNASKED}: {error}", {"code": error.code, "advice": error.advice})
    checks = [decode_check(_presented(image, limits)), why, *(skipped(one, _UNASKED) for one in _OF_THE_LEDGER)]
    decision = decide(checks, chosen)
    outcome = Outcome((*checks, policy_check(decision, chosen)), decision, chosen, None, Proof(()))
    return verification(outcome, None, utc_now())


def _presented(image: bytes, limits: Limits) -> Presented:
    from ledger.core.digests import digest_file, digest_set
    from ledger.core.offline import Presented

    try:
        digests = digest_set(image, limits)
    except InputError as error:
        return Presented({"file/1": digest_file(image)}, decode_error=str(error))
    return Presented(digests.digests, bool(digests.facts.get("lossy")))
