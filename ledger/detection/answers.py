"""What crosses from the worker's process to the ledger's: JSON, built to values whose every field is checked.

The worker decodes files of strangers. Should one of them take it over, all it can send is a wrong answer: nothing that
it sends is unpickled or run, and nothing is longer than ``MOST_BYTES``.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from dataclasses import asdict
from typing import Any

from pydantic import TypeAdapter

from ledger import errors
from ledger.core.detection import BANDS, RULE_STATES, STRENGTHS, Detection, Structure
from ledger.errors import DetectorUnavailable, LedgerError

MOST_BYTES = 8 << 20
"""Of one answer: three pictures of 512 × 512 in base64 are under 3 MB at their worst."""
MOST_BRACKETS = 2_000
"""Of one answer, which has a few dozen. Nesting is bounded with them: where py-evm has raised the recursion limit,
deeply nested JSON would overrun the C stack and end the process."""
_PNG = b"\x89PNG\r\n\x1a\n"
_DETECTION = TypeAdapter(Detection)


def message(answer: object) -> bytes:
    """``answer``, a value that JSON knows or a LedgerError, as it is sent."""
    if isinstance(answer, LedgerError):
        told = {"type": type(answer).__name__, "said": str(answer), "advice": answer.advice, "code": answer.code}
        return json.dumps({"error": told}).encode()
    return json.dumps({"answer": answer}, allow_nan=False).encode()


def received(data: bytes) -> Any:
    """The value that was sent; a LedgerError that was sent is raised. DetectorUnavailable for anything else."""
    try:
        if data.count(b"[") + data.count(b"{") > MOST_BRACKETS:
            raise ValueError("more brackets than an answer has")
        sent = json.loads(data, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
        if "error" not in sent:
            return sent["answer"]
        error = _error(sent["error"])
    except (ValueError, TypeError, KeyError, RecursionError) as wrong:
        raise malformed() from wrong
    raise error


def plain(found: Detection | None) -> dict[str, Any] | None:
    """An answer of the detector as JSON can say it, pictures in base64."""
    if found is None:
        return None
    pictures = {name: b64encode(png).decode() for name, png in vars(found.pictures).items()} if found.pictures else None
    return asdict(found) | {"pictures": pictures}


def detection(value: Any) -> Detection:
    """The answer that :func:`plain` made ``value`` of; DetectorUnavailable when a field is not what it has to be."""
    try:
        pictures = value["pictures"]
        if pictures is not None:
            pictures = {name: b64decode(text, validate=True) for name, text in pictures.items()}
        found = _DETECTION.validate_python(value | {"pictures": pictures})
    except (ValueError, TypeError, KeyError, AttributeError) as wrong:
        raise malformed() from wrong
    if not _sound(found):
        raise malformed()
    return found


def malformed() -> DetectorUnavailable:
    """What an answer of another form is for those who asked."""
    return DetectorUnavailable("the forgery detector's answer is not of the agreed form", code="detector_answer")


def _sound(found: Detection) -> bool:
    pictures = tuple(vars(found.pictures).values()) if found.pictures else ()
    shares = (
        found.probability,
        *(v / 100 for v in (found.area_percent, *(found.area_interval or ())) if v is not None),
    )
    return (
        found.band in BANDS
        and 0 <= found.frame < found.frames
        and 1 <= found.examined <= found.frames
        and min(found.width, found.height) >= 1
        and all(share is None or 0 <= share <= 1 for share in shares)
        and _weighed(found)
        and all(picture.startswith(_PNG) for picture in pictures)
        and (found.structure is None or _known(found.structure))
    )


def _weighed(found: Detection) -> bool:
    """Whether the likelihood ratio lies within its bounds, and these about 1; or there is neither."""
    ratio, bounds = found.likelihood_ratio, found.likelihood_bounds
    if ratio is None or bounds is None:
        return ratio is None and bounds is None
    low, high = bounds
    return 0 < low <= 1 <= high and low <= ratio <= high


def _known(structure: Structure) -> bool:
    return all(one.strength in STRENGTHS for one in structure.findings) and all(
        rule.state in RULE_STATES for rule in structure.rules
    )


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number that is not finite")
    return number


def _whole(text: str) -> int:
    number = int(text)
    if abs(number) >> 53:
        raise ValueError("a number of more than 53 bits")
    return number


def _error(told: dict[str, str]) -> LedgerError:
    kind = vars(errors).get(told["type"])
    said, advice, code = (told[name] for name in ("said", "advice", "code"))
    if not (isinstance(kind, type) and issubclass(kind, LedgerError)):
        raise ValueError("expected an error of the ledger's")
    if not all(isinstance(text, str) for text in (said, advice, code)):
        raise TypeError("expected texts")
    return kind(said, advice=advice, code=code)
