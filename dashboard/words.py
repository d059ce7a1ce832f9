"""The words of the dashboard: one place for what verdicts, states, standings and policies mean to a reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.schemas import Verification


@dataclass(frozen=True)
class VerdictWords:
    """How a verdict is shown: title, one sentence, the name of its icon, and its tone (a CSS class)."""

    title: str
    meaning: str
    icon: str
    tone: str


@dataclass(frozen=True)
class StateWords:
    """How a state or a standing is shown: label, what it means, and its tone."""

    label: str
    meaning: str
    tone: str


VERDICTS: Mapping[str, VerdictWords] = {
    "authentic": VerdictWords("Authentic", "These bytes are registered and in force.", "shield-check", "good"),
    "authentic-reencoded": VerdictWords(
        "Authentic, re-encoded",
        "These pixels are registered and in force; the container or header differs, and the difference is listed.",
        "shield-swap",
        "near",
    ),
    "altered": VerdictWords(
        "Altered", "A registered image, but with other pixels: the changed region is shown.", "pencil", "bad"
    ),
    "withdrawn": VerdictWords(
        "Withdrawn", "Registered, but revoked or superseded: by whom, when and why stands below.", "ban", "void"
    ),
    "suspect": VerdictWords(
        "Suspect",
        "Not registered, and the forgery detector's calibrated score is above the policy's threshold.",
        "magnifier",
        "warn",
    ),
    "unregistered": VerdictWords(
        "Unregistered",
        "Not registered, and no trace of forgery found. This is not proof of authenticity, nor of forgery.",
        "question",
        "mute",
    ),
    "undetermined": VerdictWords(
        "Undetermined",
        "This could not be decided now. It says nothing for or against the image.",
        "hourglass",
        "open",
    ),
}

DETECTOR_SILENT = (
    "Not registered here, and the forgery detector did not run or gave no answer. This is not proof of authenticity,"
    " nor of forgery."
)
DETECTOR_OPEN = (
    "Not registered here, and the forgery detector cannot tell. This is not proof of authenticity, nor of forgery."
)

BANDS: Mapping[str, StateWords] = {
    "altered": StateWords(
        "traces of forgery",
        "The picture shows traces as forgeries do. Some pristine pictures do as well: the error rates say how many.",
        "warn",
    ),
    "inconclusive": StateWords(
        "cannot tell",
        "Too little to go by: in files like this one, forged and pristine pictures look alike to the detector.",
        "open",
    ),
    "no-trace": StateWords(
        "no trace found",
        "No trace of forgery was found. This is not proof of authenticity: a careful forgery may leave none.",
        "mute",
    ),
}

WITHDRAWN_COPY = (
    "A copy of an image whose registration was revoked or superseded: by whom, when and why stands below. The copy"
    " itself was never registered."
)

UNCHANGED_COPY = (
    "A copy of a registered image, saved anew or transformed. No change was found above the limits stated below; a"
    " smaller one may be hidden."
)

BASES: Mapping[str, StateWords] = {
    "tile/1": StateWords(
        "exact tiles",
        "The copy's samples are intact, so each tile was compared by its registered hash: one changed sample shows.",
        "good",
    ),
    "trace/1": StateWords(
        "robust fingerprint",
        "The copy was saved anew, so it was compared with the coarse block means stored at registration; the"
        " original is not needed for it.",
        "near",
    ),
    "original": StateWords(
        "the original itself", "The copy was laid on the original and compared with it pixel by pixel.", "good"
    ),
}

SEARCHES: Mapping[str, tuple[str, str, str]] = {
    "none": ("No registered original was found", "magnifier", "mute"),
    "none_registered": ("No image is registered yet to compare this one with", "inbox", "mute"),
    "unsure": ("A registered image looks alike, but could not be confirmed as the original", "hourglass", "open"),
    "damaged": ("No original was found, but not all registered images could be searched", "hourglass", "open"),
    "incomparable": ("This image cannot be compared with registered ones", "dash", "mute"),
    "no_map": ("The original was found, but what differs could not be shown", "question", "open"),
    "outage": ("The registered images could not be searched: undetermined, not unregistered", "plug", "open"),
}
"""How check 8 can end without a change map: title, icon, tone."""

OPEN_MAP = "The method cannot tell; its map shows where it looked, not a finding."
"""Under every picture and figure of an inconclusive answer's marked area."""

REGIMES: Mapping[str, str] = {
    "jpeg-double": "a JPEG that was saved as a JPEG before",
    "jpeg": "a JPEG, with no sign of an earlier one",
    "lossless-jpeg-trace": "saved without loss, with traces of an earlier JPEG",
    "lossless": "saved without loss, with no trace of a JPEG",
    "lossless-deep": "saved without loss in more than 8 bits, with no trace of a JPEG",
    "lossy": "compressed with loss, not as a JPEG that is at hand",
}

NO_ANSWERS: Mapping[str, tuple[str, str, str]] = {
    "detector_off": ("The forgery detector is turned off", "dash", "mute"),
    "not_applicable": ("The forgery detector does not apply to this image", "dash", "mute"),
    "detector_model": ("The forgery detector's model is missing", "plug", "open"),
    "detector_unknown": ("The forgery detector is set to a method that is not there", "plug", "open"),
    "detector_busy": ("The forgery detector is busy", "hourglass", "open"),
    "detector_timeout": ("The forgery detector took too long", "hourglass", "open"),
    "detector_memory": ("The forgery detector has too little memory for this image", "scale", "open"),
}
"""By the code in check 10's figures: title, icon, tone. Other outages share one title."""

STATES: Mapping[str, StateWords] = {
    "received": StateWords("received", "The image arrived and its digests were computed.", "open"),
    "sequenced": StateWords("sequenced", "It has its place in the registrar's log and a signed receipt.", "open"),
    "anchoring": StateWords("anchoring", "Its batch is on the way to the chain.", "open"),
    "anchored": StateWords("anchored", "A block holds the log's root; confirmations are still being counted.", "near"),
    "final": StateWords("final", "The block is old enough that it will not be replaced.", "good"),
    "reorged": StateWords("reorged", "The chain replaced the block; the entry is being anchored again.", "warn"),
    "blocked": StateWords("blocked", "The chain refused the batch; an operator has to look at it.", "bad"),
}

STANDINGS: Mapping[str, StateWords] = {
    "in-force": StateWords("in force", "Neither revoked, superseded nor disputed.", "good"),
    "superseded": StateWords("superseded", "Another registration replaces this one.", "void"),
    "revoked": StateWords("revoked", "The registrar took this registration back.", "void"),
    "disputed": StateWords("disputed", "Somebody contests this registration; it decides nothing now.", "warn"),
}

POLICIES: Mapping[str, str] = {
    "clinical": "Accepts a registered image as soon as its receipt holds, and lossless re-encodings of it even when"
    " attributes changed (they are listed), unless they change how the pixels are shown.",
    "strict": "Accepts only what is final on the chain, and a re-encoding only when no header attribute changed.",
}

STEPS = ("received", "sequenced", "anchoring", "anchored", "final")
KINDS = ("genesis", "register", "derive", "supersede", "revoke", "dispute", "case", "study-close")
STATEMENTS: Mapping[str, str] = {
    "revoke": "Takes the registration back: verification then answers withdrawn.",
    "supersede": "Names the registration that replaces this one: verification then answers withdrawn.",
    "dispute": "Contests the registration without deciding: verification then answers undetermined.",
}


def basis_words(basis: str) -> StateWords:
    """The words of what a change map stands on; an unknown one is shown by its own name."""
    return BASES.get(basis, StateWords(basis, "This dashboard does not know this comparison.", "open"))


def verdict_words(verdict: str) -> VerdictWords:
    """The words of a verdict; one that this dashboard does not know is shown by its own name, as open."""
    unknown = VerdictWords(verdict.capitalize(), "This dashboard does not know this verdict.", "hourglass", "open")
    return VERDICTS.get(verdict, unknown)


def state_words(state: str) -> StateWords:
    """The words of a state; an unknown one is shown by its own name."""
    return STATES.get(state, StateWords(state, "This dashboard does not know this state.", "open"))


UNCONFIRMED = "So say the hospital's records; the chain could not be asked to confirm it."


def as_recorded(words: StateWords) -> StateWords:
    """The same while the chain cannot be asked: what the hospital's records say, in a tone that confirms nothing."""
    meaning = f"{UNCONFIRMED} {words.meaning}"
    return StateWords(f"{words.label}, as recorded", meaning, "open" if words.tone in {"good", "near"} else words.tone)


def standing_words(standing: str) -> StateWords:
    """The words of a standing; an unknown one is shown by its own name."""
    return STANDINGS.get(standing, StateWords(standing, "This dashboard does not know this standing.", "open"))


def band_words(band: str) -> StateWords:
    """The words of a band of the detector; an unknown one is shown by its own name."""
    return BANDS.get(band, StateWords(band, "This dashboard does not know this answer.", "open"))


def meaning_of(verification: Verification) -> str:
    """The sentence under the verdict; it claims a search for forgery only when the detector ran."""
    ran = any(check.number == 10 and check.status in {"passed", "failed"} for check in verification.checks)
    if verification.verdict == "unregistered" and not ran:
        return DETECTOR_SILENT
    if verification.verdict == "authentic-reencoded" and verification.change is not None:
        return UNCHANGED_COPY
    if verification.verdict == "withdrawn" and verification.change is not None:
        return WITHDRAWN_COPY
    if verification.verdict == "undetermined" and _only_the_detector_is_open(verification):
        return DETECTOR_OPEN
    return verdict_words(verification.verdict).meaning


def _only_the_detector_is_open(verification: Verification) -> bool:
    """Whether the ledger was asked in full and the detector's inconclusive answer is all that leaves it open."""
    open_now = [check for check in verification.checks if check.status == "undetermined" and check.number < 11]
    read = any(check.number == 0 and check.status == "passed" for check in verification.checks)
    alone = len(open_now) == 1 and open_now[0].number == 10 and "band" in open_now[0].figures
    return verification.registration is None and read and alone


def acceptance_of(verification: Verification) -> str:
    """Whether the policy accepts the image, in words; an open question is not a refusal."""
    policy = verification.policy
    if verification.accepted:
        return f"Accepted under the {policy} policy"
    if verification.verdict == "undetermined":
        return f"No decision under the {policy} policy"
    return f"Not accepted under the {policy} policy"
