"""From a verification to a report: pure, and the same verification gives the same report.

The moment of the report is the verification's own. What a dossier's checker remakes is exactly this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.core.entry import timestamp
from ledger.export.examining import examinations, findings
from ledger.export.model import TYPE, Asked, Report
from ledger.export.opinion import BEFORE, NEVER, opinion
from ledger.export.rates import error_rates
from ledger.schemas import Verification
from ledger.schemas.likelihood import in_words
from ledger.schemas.reports import PROPOSITIONS

RECEIPT, TRUST = "receipt.json", "trust.json"


def report_of(found: Verification, asked: Asked) -> Report:
    """The report on a verification, whose pictures are left out of account (the enclosures have their digests)."""
    rates, no_rates = error_rates(found)
    registration = found.registration
    return Report(
        type=TYPE,
        checked_at=timestamp(found.checked_at),
        question=asked.question,
        propositions=PROPOSITIONS,
        item=asked.item,
        options=asked.options,
        verdict=found.verdict,
        accepted=found.accepted,
        policy=found.policy,
        reason=found.reason,
        registration=registration.model_dump(mode="json") if registration is not None else None,
        examinations=examinations(found),
        findings=findings(found),
        structure=found.structure.model_dump(mode="json") if found.structure is not None else None,
        change=found.change.model_dump(mode="json", exclude={"mask", "mask_png"}) if found.change else None,
        opinion=opinion(found),
        error_rates=rates,
        no_error_rates=no_rates,
        limits=tuple(_limits(found)),
        repeat=tuple(_repeat(found, asked)),
        tools=asked.tools,
        enclosures=asked.enclosures,
        notes=asked.notes,
    )


def plain(found: Verification) -> dict[str, Any]:
    """The verification as JSON values, without the pictures, which are files of their own.

    ``structure`` is left out where there is none, as it was before there were rules on the file's structure.
    """
    left_out = {"detection": {"pictures"}, "change": {"mask", "mask_png"}}
    values = found.model_dump(mode="json", exclude=left_out)
    return values if found.structure is not None else {k: v for k, v in values.items() if k != "structure"}


def _limits(found: Verification) -> Iterator[str]:
    yield NEVER
    yield BEFORE
    yield "Where the ledger and the chain could not be asked, a check is undetermined: never a no, and never a yes."
    if found.change is not None:
        yield f"Comparison with the original: {found.change.limits}"
        yield (
            "How often that comparison errs stands in MedSeal's table “Altered copies of registered images”; medseal"
            " bench altered measures it anew."
        )
    if found.detection is not None and found.detection.applicable:
        yield (
            "The forgery detector was measured on made forgeries and public images. Its probability takes forged and"
            " pristine pictures as equally frequent beforehand; it is not how often pictures are forged in practice."
        )
        if found.detection.likelihood_ratio is not None and found.detection.likelihood_bounds is not None:
            yield f"Likelihood ratio {in_words(found.detection.likelihood_ratio, found.detection.likelihood_bounds)}"
    if found.detection is not None and found.detection.frames > found.detection.examined:
        yield f"Of {found.detection.frames} frames {found.detection.examined} were examined for forgery."
    yield "Trust in the registration is trust in the registrar's keys and in the chain that holds the log's roots."


def _repeat(found: Verification, asked: Asked) -> Iterator[tuple[str, str]]:
    yield "The item is the one examined", "sha256sum ITEM   # compare with file/1 in this report"
    yield "Ask the ledger again", " ".join(("medseal verify ITEM", *_options(found.policy, asked.options), "--json"))
    if RECEIPT in asked.enclosures:
        command = f"medseal receipt verify {RECEIPT} REGISTERED --trust TRUST --policy {found.policy}"
        yield "The registration without any server", f"{command}   # REGISTERED: the registered file"
    if found.detection is not None:
        yield "The forgery detector alone", f"medseal analyze ITEM --method {found.detection.method}"
    yield "This whole dossier, offline", "medseal report verify DOSSIER.zip ITEM --trust TRUST   # TRUST: your own copy"


def _options(policy: str, options: Mapping[str, Any]) -> Iterator[str]:
    yield f"--policy {policy}"
    if options.get("examine"):
        yield "--examine"
    if options.get("against"):
        yield f"--against {options['against']}"
    if options.get("original"):
        yield "--original ORIGINAL"
