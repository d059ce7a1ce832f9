"""What the forgery detector said: band, percentages, error rates and findings; or why it said nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dashboard.components.icons import icon
from dashboard.components.markup import chip, facts, text
from dashboard.components.notice import Notice, notice_markup
from dashboard.words import BANDS, NO_ANSWERS, REGIMES, band_words
from ledger.schemas import CheckResult, Detection, DetectionFinding, Verification

_NUMBER = 10


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
    rates = f"<h4>How often it errs on files of this kind</h4>{_rates(found.rates)}" if found.rates else ""
    return (
        f'<section class="ms-card ms-detector">{head}<p class="ms-detector-lead">{text(words.meaning)}</p>'
        f"{facts(_measured(found))}{rates}{said}</section>"
    )


def _measured(found: Detection) -> Iterator[tuple[str, str]]:
    if found.probability is not None:
        note = "calibrated for this kind of file, if forged and pristine were equally frequent"
        yield "Probability of forgery", f"{found.probability * 100:.0f} %<br><small>{note}</small>"
    if found.area_percent is not None:
        yield "Marked area", f"{found.area_percent:.1f} % of the picture<br><small>{text(_interval(found))}</small>"
    if found.ela_mean_percent is not None:
        note = (
            "The seed paper's “percentage of forgery”: the mean loss when the picture is saved as a JPEG once more."
            " It is not an area, and did not follow the forged area where that was measured."
        )
        yield "ELA mean (seed paper)", f"{found.ela_mean_percent:.3f} %<br><small>{note}</small>"
    yield "Kind of file", text(REGIMES.get(found.regime, found.regime))
    if found.frames > 1:
        note = (
            f"the most suspicious of {found.examined} examined, so “altered” takes more than for one picture;"
            " the rates below are of single pictures"
        )
        yield "Frame", f"{found.frame + 1} of {found.frames}<br><small>{note}</small>"
    yield "Method", f"{text(found.method)} {text(found.version)}, {found.seconds:.2f} s"


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


def _rates(rates: Mapping[str, float | int | str]) -> str:
    rows = [
        (label, _share(rates, name, rates.get(count)))
        for label, name, count in (
            (f"Pristine pictures called “{BANDS['altered'].label}”", "false_alarm", "n_pristine"),
            (f"Forgeries called “{BANDS['no-trace'].label}”", "miss", "n_forged"),
        )
        if isinstance(rates.get(name), int | float)
    ]
    auc, low, high = (rates.get(name) for name in ("auc", "low", "high"))
    if all(isinstance(value, int | float) for value in (auc, low, high)):
        rows.append(("Telling them apart (AUC; 0.5 is guessing)", f"{auc:.2f}, 95 % interval {low:.2f} to {high:.2f}"))
    if "note" in rates:
        rows.append(("Note", text(rates["note"])))
    if rates.get("regime") == "all":
        rows.append(("Measured on", "all kinds of file together: too few of this kind"))
    return facts(rows)


def _share(rates: Mapping[str, float | int | str], name: str, of: object) -> str:
    most = rates.get(f"{name}_high")
    bound = f", at most {float(most) * 100:.0f} % (95 %)" if isinstance(most, int | float) else ""
    return f"{float(rates[name]) * 100:.1f} % of {text(of)}{bound}"
