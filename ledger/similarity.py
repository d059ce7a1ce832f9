"""Altered copies: which registered image is a disputed one a copy of, and what was changed in it?

An index of perceptual hashes names candidates; each is aligned with the fingerprint kept at registration and confirmed
or rejected by it, so that a look-alike (a neighbouring slice, another patient) is never named. No original is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ledger.core.digests import DigestSet
from ledger.core.entry import DERIVE
from ledger.core.images import Limits, decode
from ledger.core.model import Registration
from ledger.core.trace.disputed import Disputed
from ledger.errors import InputError, InvalidDigest
from ledger.ports import CodeIndex, Near, RecordStore

if TYPE_CHECKING:
    from ledger.core.change import Change
    from ledger.core.trace.blob import Trace
    from ledger.core.trace.cells import Cells
    from ledger.core.trace.comparing import Fit
    from ledger.core.trace.sampling import Picture

CANDIDATES = 10
"""So many of the nearest registered images are aligned and compared."""
FARTHEST = 116
"""Bits of 256 that a candidate's code may differ by; codes of unrelated images differ by half of them on average."""
_RIVAL = 8
_DERIVED = 0.05
_MOST_EXACT = 50.0
_CLOSE = 48


@dataclass(frozen=True)
class Search:
    """What a search answered.

    *found*: ``registration`` is the original (None where the original was given as a file), ``change`` what differs.
    *none*: no registered image is its original. *unsure*: ``registration`` is too alike to exclude it and not alike
    enough to name it. *damaged*: none is its original among those whose stored codes could be searched, and some could
    not. *incomparable*: there is nothing to compare with, or nothing to compare; ``detail`` says what.
    """

    outcome: Literal["found", "none", "unsure", "damaged", "incomparable"]
    detail: str
    registration: Registration | None = None
    change: Change | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)


class LookAlikes:
    """Finds originals among all registered images of a store. Safe to share between threads."""

    def __init__(self, store: RecordStore, index: CodeIndex, limits: Limits) -> None:
        self._store = store
        self._index = index
        self._limits = limits

    def find(self, data: bytes) -> Search:
        """The registered original of the image in ``data``, by look and fingerprint alone.

        OutageError when the records cannot be read, InputError for an image that cannot.
        """
        from ledger.core.trace.codes import disputed_codes

        disputed = Disputed(decode(data, self._limits))
        picture = disputed.picture(disputed.middle)
        if picture is None:
            return Search("incomparable", "the picture is too small or of one value: nothing to compare")
        codes = disputed_codes(picture)
        near = self._index.nearest(codes, CANDIDATES)
        searched, damaged = self._index.size(), self._index.damaged()
        if not searched and not damaged:
            return Search("incomparable", "no registered image has a fingerprint", figures={"searched": 0})
        best = self._best(near, picture, codes)
        if best is None or not best.fit.copy:
            lost = self._lost(near)
            if lost is not None:
                detail = f"registration {lost.id} looks alike, and its stored fingerprint is not the registered one"
                return Search("unsure", detail, lost, figures={"searched": searched})
        answer = self._answer(best, data, disputed, searched)
        return _but_for_damage(answer, damaged) if damaged else answer

    def _lost(self, near: Sequence[Near]) -> Registration | None:
        """The nearest registration that looks alike and has no fingerprint of its own in the store any more."""
        for candidate in near:
            registration = self._store.registration(candidate.registration) if candidate.distance <= _CLOSE else None
            if registration is not None and self._trace(registration) is None:
                return registration
        return None

    def _best(self, near: Sequence[Near], picture: Picture, codes: bytes) -> _Candidate | None:
        """The candidate that fits best; once one is a copy, only those about as near can be a better one."""
        best: _Candidate | None = None
        farthest = FARTHEST
        for candidate in near:
            if candidate.distance > farthest:
                break
            found = self._fitted(candidate, picture, codes)
            if found is not None and (best is None or found.merit > best.merit):
                best = found
            if best is not None and best.fit.copy:
                farthest = min(farthest, best.near.distance + _RIVAL)
        return best

    def against(self, registration: Registration, data: bytes, *, exact: bool = True) -> Search:
        """The image in ``data`` against one registration: by the fingerprint, and where it lies on it unchanged in
        size, place and grey scale, by exact tiles if ``exact``. Errors as :meth:`find`."""
        image = decode(data, self._limits)
        trace = self._trace(registration)
        tiles = _by_tiles(registration, data, self._limits) if exact else None
        if trace is None:
            return _by_exact_alone(tiles, registration)
        return _exact_where_unmoved(_compared(trace, Disputed(image), registration), tiles)

    def against_file(self, original: bytes, data: bytes, *, exact: bool = True) -> Search:
        """The image in ``data`` against the file ``original``, as :meth:`against`, but sample by sample where both have
        one shape and came without loss. ``registration`` is None: the ledger was not asked."""
        from ledger.core.digests import digest_set
        from ledger.core.trace.blob import unpack_trace
        from ledger.core.trace.differing import exact_change

        first, second = decode(original, self._limits), decode(data, self._limits)
        change = exact_change(first, second) if exact else None
        record = digest_set(original, self._limits, traced=True).trace
        if record is None:
            return _by_exact_alone(change, None)
        return _exact_where_unmoved(_compared(unpack_trace(record.blob), Disputed(second), None), change)

    def _fitted(self, candidate: Near, picture: Picture, codes: bytes) -> _Candidate | None:
        from ledger.core.trace.comparing import best_fit

        registration = self._store.registration(candidate.registration)
        trace = None if registration is None else self._trace(registration)
        if registration is None or trace is None or candidate.frame >= len(trace.cells):
            return None
        fit = best_fit(trace.cells[candidate.frame], picture, codes)
        return None if fit is None else _Candidate(candidate, registration, fit, trace)

    def _trace(self, registration: Registration) -> Trace | None:
        """The stored fingerprint, if it is the one that was registered: check 4 holds the digest against the entry."""
        from ledger.core.trace.blob import trace_digest, unpack_trace

        blob = self._store.trace(registration.id)
        if not blob or trace_digest(blob) != registration.image.digests.get("trace/1"):
            return None  # none was kept, or a changed row, which the audit names
        try:
            return unpack_trace(blob)
        except InvalidDigest:
            return None

    def _answer(self, best: _Candidate | None, data: bytes, disputed: Disputed, searched: int) -> Search:
        figures: dict[str, Any] = {"searched": searched}
        if best is None or not best.fit.near:
            return Search("none", f"none of {searched} registered images is its original", figures=figures)
        registration = best.registration
        figures |= {"distance": best.near.distance, **_agreement(best.fit)}
        if not best.fit.copy:
            detail = f"looks like registration {registration.id}, but the fingerprint neither confirms nor excludes it"
            return Search("unsure", detail, registration, figures=figures)
        change = _change(best.trace, best.fit, disputed)
        found = Search("found", f"a copy of registration {registration.id}", registration, change, figures)
        return _exact_where_unmoved(found, _by_tiles(registration, data, self._limits))


def _but_for_damage(answer: Search, damaged: int) -> Search:
    """``answer`` with the count of stored codes that could not be searched: any of them may be the original's."""
    figures = {**answer.figures, "damaged": damaged}
    if answer.outcome != "none":
        return replace(answer, figures=figures)
    detail = f"{answer.detail}; the codes of {damaged} more are damaged and were not searched"
    return replace(answer, outcome="damaged", detail=detail, figures=figures)


@dataclass(frozen=True)
class _Candidate:
    near: Near
    registration: Registration
    fit: Fit
    trace: Trace

    @property
    def merit(self) -> float:
        """The quality of its fit; a derived image gives way to its origin where both fit about as well."""
        return self.fit.quality - (_DERIVED if self.registration.entry.kind == DERIVE else 0.0)


def _exact_where_unmoved(found: Search, exact: Change | None) -> Search:
    """``found`` with exact tiles or samples in place of the fingerprint's map. Under another window, or mirrored, they
    would all differ and say nothing; where the fingerprint does not fit at all, what differs in half of the picture is
    another picture."""
    if exact is None:
        return found
    if found.outcome == "found":
        change = found.change
        moved = change is None or change.transform.words or not change.figures.get("same_grey")
        return found if moved else replace(found, change=exact)
    small = exact.changed_percent <= _MOST_EXACT
    return replace(found, outcome="found", detail="compared exactly", change=exact) if small else found


def _by_exact_alone(exact: Change | None, registration: Registration | None) -> Search:
    if exact is not None:
        return Search("found", "compared exactly", registration, exact)
    return Search("incomparable", "there is no fingerprint of the original to compare with", registration)


def _compared(trace: Trace, disputed: Disputed, registration: Registration | None) -> Search:
    """A disputed image against the one fingerprint it claims to come from, in every orientation and crop."""
    fits = [fit for fit in _fits(trace, disputed) if fit.near]
    if not fits:
        detail = "its fingerprint does not fit: another picture, or changed beyond recognition"
        return Search("none", detail, registration)
    best = max(fits, key=lambda fit: fit.quality)
    if not best.copy:
        return Search("unsure", "alike, but the fingerprint does not confirm it", registration, None, _agreement(best))
    return Search(
        "found", "compared with its fingerprint", registration, _change(trace, best, disputed), _agreement(best)
    )


def _fits(trace: Trace, disputed: Disputed) -> list[Fit]:
    from ledger.core.trace.codes import disputed_codes
    from ledger.core.trace.comparing import best_fit

    found = []
    for cells in trace.cells:
        picture = disputed.picture(cells.number if disputed.frames == trace.frames else disputed.middle)
        fit = None if picture is None else best_fit(cells, picture, disputed_codes(picture))
        found += [] if fit is None else [fit]
    return found


def _change(trace: Trace, fit: Fit, disputed: Disputed) -> Change | None:
    """The change map of a single frame, or of the most changed one of as many frames as the original has; None for an
    image of several frames that has others than the original: nobody knows which belongs to which."""
    from ledger.core.trace.comparing import change_of

    if disputed.frames != trace.frames and disputed.frames > 1:
        return None
    if disputed.frames == 1:
        picture = disputed.picture(0)
        return None if picture is None else change_of(fit, picture.shape, 0, disputed.tint(0))
    changes = [_frame_change(cells, disputed, fit.number) for cells in trace.cells]
    worst = max(changes, key=lambda change: change.changed_percent)
    told = f" Of {trace.frames} frames, {len(changes)} were compared."
    return replace(worst, limits=worst.limits + told)


def _frame_change(cells: Cells, disputed: Disputed, number: int) -> Change:
    """The change map of one frame of an image of as many frames as the original; one that does not fit is foreign."""
    from ledger.core.trace.comparing import change_of, fit_picture, foreign_frame

    picture = disputed.picture(cells.number)
    fit = None if picture is None else fit_picture(cells, picture, number)
    if picture is None or fit is None or not fit.copy:
        return foreign_frame(cells, disputed.size, cells.number)
    return change_of(fit, picture.shape, cells.number, disputed.tint(cells.number))


def _agreement(fit: Fit) -> dict[str, float]:
    agreement = fit.laid.agreement
    return {"agreement_quartile": round(agreement.lower, 4), "agreement_share": round(agreement.share, 4)}


def _by_tiles(registration: Registration, data: bytes, limits: Limits) -> Change | None:
    """The change map by tile/1; None where tiles cannot be compared or the stored ones are damaged."""
    from ledger.core.digests import changed_details, compare_tiles, digest_set
    from ledger.core.trace.differing import tile_change

    details = registration.image.details
    digests = digest_set(data, limits)
    lossy = "codestream/1" in digests.digests or "codestream/1" in registration.image.digests
    if lossy or not details or "tile/1" in changed_details(details, registration.image.digests):
        return None
    try:
        compared = compare_tiles(DigestSet.from_blob(details)[1], digests.tiles)
    except InputError:
        return None
    return tile_change(compared, digests.tiles) if compared.comparable else None
