"""What the findings mean for the question: one of three answers, and on what it rests.

The word *authentic* is the ledger's alone, for registered bytes and samples. From the forgery detector alone the best
answer is that no trace was found, with its error rates.
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.export.examining import DETECTOR, figures_of, status_of
from ledger.export.model import ANSWERS, INCONCLUSIVE, NO_TRACE, SUPPORT, Opinion
from ledger.schemas import Verification

NEVER = (
    "The forgery detector alone never supports the answer “authentic”: that no trace was found is not proof that there"
    " is nothing to find."
)
BEFORE = (
    "Registration fixes an image at one moment. Whether the image was true to the patient at that moment is not"
    " examined here."
)
_GROUNDS = {
    "authentic": "The bytes are the registered ones (examination 1), so nothing was altered since registration.",
    "samples": "The samples are the registered ones (examination 2); the file around them is another"
    " (examination 3 lists what differs).",
    "shown": "The samples are the registered ones (examination 2), but the file asks for them to be shown in another"
    " way than the registered one (examination 3). Whether that is an alteration in the sense of the question is for"
    " the reader to judge.",
    "copy": "The item is a copy of a registered image (examination 8), in which no change was found above the stated"
    " limits (examination 9). A smaller one may be hidden.",
    "altered": "The item was compared with the registered original and its picture differs there, beyond what saving"
    " it anew explains.",
    "withdrawn": "The item was registered, but the registrar no longer stands by that registration (examination 7),"
    " so the registration decides nothing.",
    "withdrawn-copy": "The item itself was never registered. It is a copy of a registered image (examination 8), and"
    " the registrar no longer stands by that registration (examination 7), so the registration decides nothing.",
    "suspect": "Nothing is registered that the item could be compared with. The forgery detector found traces as"
    " forgeries have them, and some pristine pictures too; the error rates say how often.",
    "no-trace": "Nothing is registered that the item could be compared with. The forgery detector found no trace; some"
    " forgeries leave none, and the error rates say how many.",
    "silent": "No valid registration was found for the item, and the forgery detector gave no answer.",
    "undetermined": "The examinations could not decide between the propositions.",
}


def opinion(found: Verification) -> Opinion:
    """The answer that follows from the verdict and the examinations behind it."""
    answer, ground = _answer(found)
    return Opinion(
        answer,
        ANSWERS[answer],
        f"{_GROUNDS[ground]} The decision reads: {_sentence(found.reason)}",
        tuple(_reserved(found)),
    )


def _answer(found: Verification) -> tuple[str, str]:
    match found.verdict:
        case "authentic":
            return NO_TRACE, "authentic"
        case "authentic-reencoded":
            return _reencoded(found)
        case "altered":
            return SUPPORT, "altered"
        case "suspect":
            return SUPPORT, "suspect"
        case "unregistered" if figures_of(found, DETECTOR).get("band") == "no-trace":
            return NO_TRACE, "no-trace"
        case "unregistered":
            return INCONCLUSIVE, "silent"
        case "withdrawn":
            return INCONCLUSIVE, "withdrawn" if _registered(found) else "withdrawn-copy"
        case _:
            return INCONCLUSIVE, "undetermined"


def _reencoded(found: Verification) -> tuple[str, str]:
    if status_of(found, 2) != "passed":
        return NO_TRACE, "copy"
    return (INCONCLUSIVE, "shown") if figures_of(found, 3).get("rendering") else (NO_TRACE, "samples")


def _registered(found: Verification) -> bool:
    """Whether the item's own bytes or samples are registered."""
    return "passed" in (status_of(found, 1), status_of(found, 2))


def _reserved(found: Verification) -> Iterator[str]:
    yield NEVER
    yield BEFORE
    registered = _registered(found)
    if registered and figures_of(found, DETECTOR).get("band") == "altered":
        yield (
            "The forgery detector was asked about this registered item and called it altered. Identity with the"
            " registered bytes or samples outweighs that: such alarms are among its stated errors, or the picture was"
            " altered before it was registered."
        )
    pending = [check for check in found.checks if check.number in (4, 5) and check.status == "skipped"]
    if registered and pending:
        yield f"The proof of the registration is not complete: {pending[0].detail}."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."
