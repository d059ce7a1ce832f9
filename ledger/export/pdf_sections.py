"""The sections of the report, in their order, as flowables of reportlab. They add labels and no statement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    Image,
    KeepTogether,
    PageBreak,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from ledger.core.moments import when_of
from ledger.export.captions import CAPTIONS, HEAT, UNDECIDED
from ledger.export.examining import DETECTOR
from ledger.export.model import ASKED_BY, Examination, Rate, Report
from ledger.export.pdf_modality import by_modality
from ledger.export.pdf_style import PALE, STATUSES, TONES, marked_up, style, tinted, words
from ledger.export.pdf_tables import WIDTH, facts, figure, figures, grid

_TALLEST = 84 * mm
_MOST_REGIONS = 20
_MOST_STATEMENTS = 20


def front(report: Report, identity: str) -> Iterator[Flowable]:
    """Title, the two answers (the ledger's verdict and the opinion), question and propositions."""
    yield words("Examination report", "title")
    yield words(f"Item “{report.item.name}”, examined {when_of(report.checked_at)}\nReport {identity}", "small")
    yield Spacer(1, 4)
    yield _answer_box(report)
    yield from _head("1  Question and propositions")
    yield words(report.question)
    if ASKED_BY in report.options:
        yield facts((("Asked by", f"{report.options[ASKED_BY]} (as stated by whoever made the report; not checked)"),))
    yield facts((f"Proposition {at}", text) for at, text in enumerate(report.propositions, 1))


def _answer_box(report: Report) -> Flowable:
    tone = TONES[report.opinion.answer]
    undecided = report.verdict == "undetermined"
    accepted = "accepted" if report.accepted else "neither accepted nor refused" if undecided else "not accepted"
    inside = [
        words("Opinion", "label"),
        tinted(report.opinion.words, tone, "verdict"),
        words(report.opinion.grounds, "body"),
        words(f"Verdict of the ledger: {report.verdict}, {accepted} under the policy {report.policy}.", "label"),
    ]
    drawn = TableStyle(
        [
            ("BACKGROUND", (0, 0), (-1, -1), PALE),
            ("LINEBEFORE", (0, 0), (0, -1), 4, tone),
            ("LEFTPADDING", (0, 0), (-1, -1), 12),
            ("RIGHTPADDING", (0, 0), (-1, -1), 10),
            ("TOPPADDING", (0, 0), (-1, 0), 8),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 9),
        ]
    )
    return Table([[part] for part in inside], colWidths=[WIDTH], style=drawn, splitInRow=1, hAlign="LEFT")


def item(report: Report, pictures: Mapping[str, bytes]) -> Iterator[Flowable]:
    """The file in hand with its digests, and its pictures."""
    yield from _head("2  Item")
    held = report.item
    decoded = ", ".join(f"{name.replace('_', ' ')} {figure(value)}" for name, value in held.facts.items())
    given = [("Name given", held.name), ("Size", f"{held.bytes:,} bytes"), ("As decoded", decoded or "not decoded")]
    yield facts([*given, *_texts(held.digests)])
    unsaid = {HEAT} if HEAT in pictures and _undecided(report) else set()
    shown = [(pictures[name], CAPTIONS[name]) for name in CAPTIONS if name in pictures and name not in unsaid]
    across = 3 if len(shown) == 3 else 2
    for at in range(0, len(shown), across):
        yield Spacer(1, 8)
        yield _plates(shown[at : at + across], across)
    if unsaid:
        yield words(UNDECIDED, "small")


def _undecided(report: Report) -> bool:
    return any(e.number == DETECTOR and e.status == "undetermined" for e in report.examinations)


def _plates(shown: list[tuple[bytes, str]], across: int) -> Flowable:
    """Pictures side by side, captions under them."""
    cells = [[_picture(data, WIDTH / across), words(caption, "small")] for data, caption in shown]
    edges = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    return Table([cells], colWidths=[WIDTH / across] * len(cells), style=TableStyle(edges), hAlign="LEFT")


def _picture(data: bytes, room: float) -> Flowable:
    width, height = ImageReader(BytesIO(data)).getSize()
    scale = min((room - 4 * mm) / width, _TALLEST / height)
    return Image(BytesIO(data), width * scale, height * scale, hAlign="LEFT")


def registration(report: Report) -> Iterator[Flowable]:
    """What the ledger holds of the registration that was found, or that none was."""
    yield from _head("3  Registration")
    found = report.registration
    if found is None:
        yield words("No registration was found that this item is, or is a copy of.")
        return
    yield facts(_registered(found))
    statements = found["statements"]
    if statements:
        rows = [(when_of(s["time"]), s["kind"], s["author"], s["reason"]) for s in statements[:_MOST_STATEMENTS]]
        yield from _head("Statements about it", "part")
        yield grid(("Time", "Kind", "Author", "Reason"), rows, (0.2, 0.13, 0.22, 0.45))


def _registered(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Registration", str(found["registration_id"])
    yield "Registrar", f"{found['registrar_name']} ({found['registrar']})"
    yield "Registered at", when_of(found["registered_at"])
    yield "State", f"{found['state']}, {found['standing']}"
    anchor = found["anchor"]
    if anchor is not None:
        yield "Chain and contract", f"{anchor['chain_id']}, {anchor['contract']}"
        for label, name in (("Block", "block_number"), ("Block time", "block_time"), ("Transaction", "transaction")):
            if anchor[name] is not None:
                yield label, when_of(anchor[name]) if name == "block_time" else str(anchor[name])
    if found["derived"] is not None:
        said = found["derived"]
        yield "Derived from", f"{said['original']}: {said['operation']}, {said['checked']}; {said['reason']}"


def examined(report: Report) -> Iterator[Flowable]:
    """The examinations at a glance."""
    yield from _head("4  Examinations")
    rows = [(str(e.number), e.name, tinted(e.status, STATUSES[e.status]), e.result) for e in report.examinations]
    yield grid(("No.", "Examination", "Result", "Finding"), rows, (0.06, 0.2, 0.16, 0.58))
    yield words("Methods, versions, parameters and figures stand in the annex.", "small")


def annex(report: Report) -> Iterator[Flowable]:
    """Each examination by itself: method, version, parameters, figures, what it can and cannot show."""
    yield PageBreak()
    yield words("Annex  The examinations one by one", "section")
    yield words("Only the forgery detector rests on a trained model, whose weights are named there by digest.", "small")
    for each in report.examinations:
        yield KeepTogether([words(f"Examination {each.number}: {each.name}", "part"), facts(_examination(each))])


def _examination(each: Examination) -> Iterator[tuple[str, str | Paragraph]]:
    yield "Method", each.method
    yield "Version", each.version
    if each.parameters:
        yield "Parameters", figures(each.parameters)
    if each.weights:
        yield "Weights (SHA-256)", each.weights
    yield "Result", tinted(each.status, STATUSES[each.status], after=f". {each.result}")
    if each.figures:
        yield "Figures", figures(each.figures)
    yield "Can show", each.shows
    yield "Cannot show", each.cannot_show


def change(report: Report) -> Iterator[Flowable]:
    """The regions that differ from the registered original, when there are any."""
    regions = report.change["regions"] if report.change else ()
    if not regions:
        return
    yield from _head("Regions that differ from the registered original, in pixels of the item", "part")
    rows = [
        (str(at), *(str(region[side]) for side in "xywh"), f"{region['area_percent']:.2f} %")
        for at, region in enumerate(regions[:_MOST_REGIONS], 1)
    ]
    yield grid(("No.", "x", "y", "width", "height", "Share"), rows, (0.1, 0.16, 0.16, 0.18, 0.18, 0.22))
    if len(regions) > _MOST_REGIONS:
        yield words(f"{len(regions) - _MOST_REGIONS} more regions stand in report.json.", "small")


def found(report: Report) -> Iterator[Flowable]:
    """What was seen, then, apart from it, the opinion."""
    yield from _head("5  Findings")
    yield words("What was seen, and what it may mean. What it means for the question stands in the opinion.", "small")
    yield grid(("From", "Seen"), [(str(f.source), f.text) for f in report.findings if not f.meaning], (0.08, 0.92))
    reasons = [(one.text, one.meaning, one.limits) for one in report.findings if one.meaning]
    if reasons:
        yield from _head("Reasons of the forgery detector (examination 10)", "part")
        yield grid(("Seen", "What this can show", "What it cannot show"), reasons, (0.36, 0.32, 0.32))
    yield from change(report)
    said = report.opinion
    yield from _head("6  Opinion")
    yield tinted(said.words, TONES[said.answer], "body")
    yield words(said.grounds)
    for reservation in said.reservations:
        yield _bullet(reservation)


def error_rates(report: Report) -> Iterator[Flowable]:
    """How often the detector errs, with intervals; or why no rates apply."""
    yield from _head("7  Error rates of the forgery detector")
    measured = report.error_rates
    if measured is None:
        yield words(report.no_error_rates)
        return
    yield words(f"Measured on {measured.measured_on}. Save history of the item: {measured.regime}.")
    if measured.note:
        yield words(measured.note)
    if measured.rates:
        rows = [_rate(rate) for rate in measured.rates]
        yield grid(("Kind", "Share", "95 % interval", "Pictures"), rows, (0.48, 0.14, 0.24, 0.14))
        yield words(measured.method, "small")
    if measured.auc is not None:
        auc, low, high = measured.auc
        yield words(
            f"Telling forged from pristine (AUC; 0.5 is guessing): {auc:.2f}, 95 % interval {low:.2f} to {high:.2f}."
        )
    if measured.by_modality is not None:
        yield from by_modality(measured.by_modality)


def _rate(rate: Rate) -> tuple[str, str, str, str]:
    percent = (f"{share * 100:.1f} %" for share in (rate.share, rate.low, rate.high))
    share, low, high = percent
    return rate.what, share, f"{low} to {high}", str(rate.of)


def closing(report: Report) -> Iterator[Flowable]:
    """Limits, how to repeat the examination, tools, and what is enclosed."""
    yield from _head("8  Limits")
    for limit in report.limits:
        yield _bullet(limit)
    yield from _head("9  How to repeat it")
    yield facts(report.repeat)
    yield words("Made with " + ", ".join(f"{name} {version}" for name, version in report.tools.items()) + ".", "small")
    yield from _head("10  Enclosed")
    if report.enclosures:
        rows = [(name, digest) for name, digest in report.enclosures.items()]
        yield grid(("File in the dossier", "SHA-256"), rows, (0.28, 0.72))
    for note in report.notes:
        yield words(note, "small")


def _head(title: str, kind: str = "section") -> Iterator[Flowable]:
    """A heading that does not stand at the foot of a page alone."""
    yield CondPageBreak(28 * mm)
    yield words(title, kind)


def _bullet(text: str) -> Flowable:
    return Paragraph(marked_up(text), style("bullet"), bulletText="–")


def _texts(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    return ((name, str(value)) for name, value in values.items())
