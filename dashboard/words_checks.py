"""What each numbered check can show and what it cannot: one entry a check, for those who weigh its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reach:
    """What a check can show, and what it cannot."""

    can: str
    cannot: str


REACH: Mapping[int, Reach] = {
    0: Reach(
        "That the file can be read as an image within the server's limits, so that its digests can be computed.",
        "Anything about its origin. A file that another program opens may still be refused here.",
    ),
    1: Reach(
        "That every byte equals the registered file: the same picture under the same header.",
        "Why it failed: one other byte is enough, and saving a file again without touching the picture changes many."
        " Checks 2 and 3 tell these apart.",
    ),
    2: Reach(
        "That the decoded samples, or of lossy files the compressed stream, equal the registered ones bit by bit.",
        "Anything about the header, or whether the scene was true when it was registered. Other samples may also come"
        " from compression: checks 8 and 9 look at that.",
    ),
    3: Reach(
        "Which header attributes differ from the registered ones, and whether they change how the picture is shown.",
        "Who changed them, or what stood there before: the ledger keeps digests of attributes and not their values.",
    ),
    4: Reach(
        "That the registration is an entry of the registrar's log, by a path of hashes to the log's root (RFC 9162).",
        "By itself, that the log was not rewritten as a whole. Check 5 holds its root against the chain.",
    ),
    5: Reach(
        "That the log's root stands in the contract, in a block: the entry existed when that block was made.",
        "More than the chain does: whoever runs a chain alone can rewrite it. It says nothing of the time before the"
        " registration.",
    ),
    6: Reach(
        "That the contract knew this registrar, and had not suspended it, when the entry was anchored.",
        "That what it registered was true, or that nobody else used its key.",
    ),
    7: Reach(
        "That no later entry revokes, supersedes or disputes the registration.",
        "What nobody has stated yet. The reasons in a statement are its author's word.",
    ),
    8: Reach(
        "Whether this is a copy, saved anew or transformed, of a registered image: found by its outline, confirmed by"
        " its fine texture.",
        "That there is no original when none was found: a strongly cropped, blurred or repainted copy may be missed,"
        " and other ledgers are not asked.",
    ),
    9: Reach(
        "Where a copy differs from its registered original by more than its own noise.",
        "What lies below the limits that it states, who changed it, or to what end. Regions are drawn too large rather"
        " than too small.",
    ),
    10: Reach(
        "Whether the picture carries traces as forgeries do, with the error rates that were measured on such files.",
        "That a picture is authentic, ever: a careful forgery leaves no trace, and some pristine pictures alarm. It"
        " never overrules a registration.",
    ),
    11: Reach(
        "What the chosen policy makes of checks 0 to 10.",
        "More than they do: a policy is a rule and no evidence, and another one may accept what this one does not.",
    ),
}
