"""What the forgery detector said: band, percentages, error rates and findings; or why it said nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashboard.components.icons import icon
from dashboard.components.markup import chip, details, facts, text
from dashboard.components.modality import modality_markup
from dashboard.components.notice import Notice, notice_markup
from dashboard.words import BANDS, NO_ANSWERS, OPEN_MAP, REGIMES, band_words
from ledger.schemas import CheckResult, Detection, DetectionFinding, Verification
from ledger.schemas.likelihood import NOT_A_PROBABILITY, meaning, number, support

Rates = Mapping[str, float | int | str]

_NUMBER = 10
_NOTHING, _UNSEEN = "every answer is inconclusive", "No pictures with this save history"
"""In the note of the rates: no answer can rest on them; they are of other kinds of file only."""
_ALL = "all"
_LOW, _HIGH = "20 %", "80 %"
_SCALE = (
    f"Under {_LOW} it may say “{BANDS['no-trace'].label}”, from {_HIGH} “{BANDS['altered'].label}”, and each only where"
    " held-out pictures showed that the word can be trusted; all else is “cannot tell”."
)


def detector_markup(verification: Verification) -> str:
    """The detector's card; a notice where its answer is missing and somebody could mend that; else nothing."""
    check = next((check for check in verification.checks if check.number == _NUMBER), None)
    found = verification.detection
    if found is not None and found.applicable:
        return _card(found)
    return _no_answer(check) if check is not None else ""


def _no_answer(check: CheckResult) -> str:
    words = NO_ANSWERS.get(str(check.figures.get("code", "")))
    if words is None and check.status != "undetermined":
        return ""
    title, symbol, tone = words or ("The forgery detector gave no answer", "plug", "open")
    advice = str(check.figures.get("advice", ""))
    body = f"{check.detail}. This says nothing for or against the image."
    return notice_markup(Notice(title, body, advice, symbol, tone, str(check.figures.get("code", ""))))


def _card(found: Detection) -> str:
    words = band_words(found.band)
    head = (
        '<div class="ms-card-head"><h3>Forgery detector</h3>'
        f"<span>{chip(words.label, words.tone, words.meaning)}</span></div>"
    )
    findings = "".join(_finding(finding) for finding in found.findings)
    said = f'<ul class="ms-statements">{findings}</ul>' if findings else ""
    return (
        f'<section class="ms-card ms-detector">{head}<p class="ms-detector-lead">{text(words.meaning)}</p>'
        f"{_scale(found)}{facts(_answered(found))}{said}{_errs(found.rates)}{modality_markup(found)}{_more(found)}"
        "</section>"
    )


def _errs(rates: Rates) -> str:
    """The error rates behind a click, the false alarms in sight; why there are none in full."""
    if not rates:
        return ""
    if _decides_nothing(rates):
        return f"<h4>{_rates_title(rates)}</h4>{_rates(rates)}"
    return details(f"{_rates_title(rates)}{_false_alarms(rates)}", _rates(rates), kind="ms-rates")


def _false_alarms(rates: Rates) -> str:
    share = rates.get("false_alarm")
    called = f" of pristine pictures called “{BANDS['altered'].label}”"
    return f": {share * 100:.1f} %{called}" if isinstance(share, int | float) else ""


def _more(found: Detection) -> str:
    """What explains the answer, behind a click: the scale, why the method applies, the lesser figures."""
    scale = f'<p class="ms-check-note">{_SCALE}</p>' if found.probability is not None else ""
    applies = (
        f'<p class="ms-check-note">It applies to this image: {text(found.reason.rstrip("."))}.</p>'
        if found.reason
        else ""
    )
    return details("Scale, applicability and more figures", f"{scale}{applies}{facts(_lesser(found))}")


def _scale(found: Detection) -> str:
    """The probability on a scale with the bands' borders; the word of the band stands above it."""
    if found.probability is None:
        return ""
    share = min(100.0, max(0.0, found.probability * 100))
    label = f"Probability of forgery {share:.0f} %, called “{band_words(found.band).label}”"
    return (
        f'<div class="ms-scale" role="img" aria-label="{text(label)}"><div class="ms-scale-bar">'
        f'<i class="ms-scale-mark" style="left:{share:.1f}%"></i></div><div class="ms-scale-ends" aria-hidden="true">'
        f"<span>0 %</span><span>{_LOW}</span><span>{_HIGH}</span><span>100 %</span></div></div>"
    )


def _answered(found: Detection) -> Iterator[tuple[str, str]]:
    if found.probability is not None:
        note = f"{_basis(found.rates)}, if forged and pristine were equally frequent"
        yield "Probability of forgery", f"{found.probability * 100:.0f} %<br><small>{note}</small>"
    if found.likelihood_ratio is not None and found.likelihood_bounds is not None:
        note = f"{support(found.likelihood_bounds)}; {meaning(found.likelihood_ratio)}. {NOT_A_PROBABILITY}"
        yield "Likelihood ratio", f"{number(found.likelihood_ratio)}<br><small>{note}</small>"
    if found.area_percent is not None:
        yield "Marked area", _area(found, found.area_percent)
    if found.frames > 1:
        note = (
            f"the most suspicious of {found.examined} examined, so “{BANDS['altered'].label}” takes more than for one"
            " picture"
        )
        note += "" if _decides_nothing(found.rates) else "; the rates below are of single pictures"
        yield "Frame", f"{found.frame + 1} of {found.frames}<br><small>{note}</small>"


def _lesser(found: Detection) -> Iterator[tuple[str, str]]:
    if found.score is not None:
        yield "Score", f"{found.score:.3g}<br><small>on the method's own scale; the probability is made of it</small>"
    if found.ela_mean_percent is not None:
        note = (
            "The seed paper's “percentage of forgery”: the mean loss when the picture is saved as a JPEG once more."
            " It is not an area, and did not follow the forged area where that was measured."
        )
        yield "ELA mean (seed paper)", f"{found.ela_mean_percent:.3f} %<br><small>{note}</small>"
    yield "Kind of file", text(REGIMES.get(found.regime, found.regime))


def _area(found: Detection, percent: float) -> str:
    if found.band == "inconclusive":
        return f"no finding<br><small>{text(OPEN_MAP)} It covers {percent:.1f} % of the picture.</small>"
    return f"{percent:.1f} % of the picture<br><small>{text(_interval(found))}</small>"


def _interval(found: Detection) -> str:
    if found.area_interval is None:
        return "where the heat map is above the method's fixed threshold"
    low, high = found.area_interval
    return f"if the picture is forged, the true share lies between {low:.1f} and {high:.1f} % (90 % interval)"


def _finding(finding: DetectionFinding) -> str:
    place = ""
    if finding.region is not None:
        x, y, width, height = finding.region
        place = f" <small>at column {x}, row {y}, {width} × {height} pixels</small>"
    return (
        f"<li>{icon('magnifier', 18)}<div><b>{text(finding.text)}</b>{place}<p>{text(finding.meaning)}</p>"
        f"<p><small>Limits: {text(finding.limits)}</small></p></div></li>"
    )


def _decides_nothing(rates: Rates) -> bool:
    """Whether the method never says anything but inconclusive of such files: it has no error rates then."""
    return _NOTHING in str(rates.get("note", ""))


def _basis(rates: Rates) -> str:
    if str(rates.get("note", "")).startswith(_UNSEEN):
        return "calibrated on other kinds of file only"
    if rates.get("regime") == _ALL:
        return "calibrated on all kinds of file together"
    return "calibrated for this kind of file"


def _rates_title(rates: Rates) -> str:
    if _decides_nothing(rates):
        return "Why it cannot tell"
    kinds = "all kinds of file together" if rates.get("regime") == _ALL else "files of this kind"
    return f"How often it errs on {kinds}"


def _rates(rates: Rates) -> str:
    rows = [] if _decides_nothing(rates) else list(_shares(rates))
    auc, low, high = (rates.get(name) for name in ("auc", "low", "high"))
    if all(isinstance(value, int | float) for value in (auc, low, high)):
        rows.append(("Telling them apart (AUC; 0.5 is guessing)", f"{auc:.2f}, 95 % interval {low:.2f} to {high:.2f}"))
    if "note" in rates:
        rows.insert(0, ("Note", text(rates["note"])))
    if rates.get("regime") == _ALL:
        few = "none" if str(rates.get("note", "")).startswith(_UNSEEN) else "too few"
        rows.append(("Measured on", f"all kinds of file together: {few} of this kind"))
    return facts(rows)


def _shares(rates: Rates) -> Iterator[tuple[str, str]]:
    altered, clear = BANDS["altered"].label, BANDS["no-trace"].label
    for label, name, count in (
        (f"Pristine pictures called “{altered}”", "false_alarm", "n_pristine"),
        (f"Forgeries called “{altered}”", "caught", "n_forged"),
        (f"Forgeries called “{clear}”", "miss", "n_forged"),
    ):
        if isinstance(rates.get(name), int | float):
            yield label, _share(rates, name, rates.get(count))


def _share(rates: Rates, name: str, of: object) -> str:
    most = rates.get(f"{name}_high")
    bound = f", at most {float(most) * 100:.0f} % (95 %)" if isinstance(most, int | float) else ""
    return f"{float(rates[name]) * 100:.1f} % of {text(of)}{bound}"
