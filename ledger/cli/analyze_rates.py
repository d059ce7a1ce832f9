"""In words: why the detector said what it said of files of one kind, and how often it errs on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.schemas.likelihood import NOT_A_PROBABILITY, SUPPORT, TESTED, meaning, number, support

Line = Mapping[str, Any]
REGIMES = {
    "jpeg-double": "JPEG, saved before",
    "jpeg": "JPEG",
    "lossless-jpeg-trace": "lossless, once a JPEG",
    "lossless": "lossless",
    "lossless-deep": "lossless, 16 bits",
    "lossy": "lossy, not JPEG",
}
HELD = "of held-out pictures"
UNLIKE = (
    "Held-out pictures are like those that the method was made with. Of a source unlike them it may err far more,"
    " with false alarms above all."
)
NOTHING = "every answer is inconclusive"
"""In the note of rates that no answer can rest on (:mod:`detector.calibrate`)."""


def decides_nothing(rates: Mapping[str, Any]) -> bool:
    """Whether the method never says anything but inconclusive of such files, so that it has no error rates."""
    return NOTHING in str(rates.get("note") or "")


def notes(lines: Sequence[Line]) -> Iterator[str]:
    """One sentence for each method and kind of file about each note, the errors of each word given and the likelihood
    ratios that are supported; at the end what a likelihood ratio says, by the first that is shown."""
    said = dict.fromkeys(text for line in lines if line.get("applicable") for text in _about(line))
    yield from said
    if any(HELD in text or SUPPORT in text for text in said):
        yield UNLIKE
        yield TESTED
    ratio = next((line["likelihood_ratio"] for line in lines if line.get("likelihood_ratio")), None)
    if ratio is not None:
        yield f"A likelihood ratio (LR) of {number(ratio)}: {meaning(ratio)}. {NOT_A_PROBABILITY}"


def _about(line: Line) -> Iterator[str]:
    rates, band = line.get("rates") or {}, line["band"]
    head = f"{line['method']}, {REGIMES[line['regime']]}: "
    if rates.get("note"):
        yield head + str(rates["note"])
    elif band == "inconclusive":
        yield head + "inconclusive is what it says where forged and pristine pictures score alike."
    if band != "inconclusive" and not decides_nothing(rates):
        words = _altered(rates) if band == "altered" else _no_trace(rates)
        yield from (f"{head}{each}{_elsewhere(line['regime'], rates)}." for each in [words] if each)
    if line.get("likelihood_bounds"):
        yield f"{head}of likelihood ratios, {support(line['likelihood_bounds'])}."


def _altered(rates: Mapping[str, Any]) -> str:
    parts = [
        _share(rates, "false_alarm", "of the pristine"),
        _share(rates, "caught", "of the forged"),
    ]
    return _sentence("it calls altered", parts, rates)


def _no_trace(rates: Mapping[str, Any]) -> str:
    parts = [_share(rates, "miss", "of the forged"), _share(rates, "cleared", "of the pristine")]
    return _sentence("it finds no trace in", parts, rates)


def _sentence(begin: str, parts: Sequence[str], rates: Mapping[str, Any]) -> str:
    known = " and ".join(part for part in parts if part)
    return f"{HELD}{_count(rates)} {begin} {known}" if known else ""


def _elsewhere(regime: str, rates: Mapping[str, Any]) -> str:
    """What kind of file the rates are of, where that is not the picture's own: too few of these were there."""
    measured = rates.get("regime", regime)
    if measured == regime:
        return ""
    where = "all kinds of file together" if measured == "all" else f"{REGIMES.get(measured, measured)} files"
    return f", measured on {where}: too few of this kind"


def _count(rates: Mapping[str, Any]) -> str:
    """Of how many pictures the rates are."""
    counts = rates.get("n_pristine"), rates.get("n_forged")
    return "" if None in counts else f" ({counts[0]} pristine, {counts[1]} forged)"


def _share(rates: Mapping[str, Any], name: str, of: str) -> str:
    if rates.get(name) is None:
        return ""
    most = rates.get(f"{name}_high")
    return f"{100 * rates[name]:.1f} % {of}" + (f" (95 % interval to {100 * most:.0f} %)" if most is not None else "")
