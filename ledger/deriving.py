"""Derived images: registered with their origin, after the machine has checked what it can of the declared operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ledger.core.derivation import Box, Finding, Origin, check_header, check_hidden, same_samples
from ledger.core.digests import DigestSet, changed_details, digest_file, digest_set
from ledger.core.entry import DERIVE, OPERATIONS, decode_entry
from ledger.core.images import DecodedImage, Limits, decode
from ledger.core.model import Appended, Registrar, Registration, Standing
from ledger.errors import Conflict, DerivationContradicted, InputError, NotFound
from ledger.ports import RecordStore
from ledger.registration import Registrations
from ledger.standing import standing_of

if TYPE_CHECKING:
    from ledger.core.digests import TileDigests
    from ledger.similarity import LookAlikes, Search

_WITHDRAWN = (Standing.REVOKED, Standing.SUPERSEDED)
_MOST_HIDDEN = 0.3
LEAST_SHOWN = 0.7
"""A crop that shows less of the registered frame need not be found by its fingerprint."""
_EMPTY = "Send the file again; nothing was registered."


@dataclass(frozen=True)
class Declared:
    """What somebody says of a derived image. ``hide``: boxes (x, y, width, height) of a de-identified image that were
    made unreadable."""

    operation: str
    reason: str
    author: str
    hide: Sequence[tuple[int, int, int, int]] = ()


@dataclass(frozen=True)
class Derived:
    """The registration of a derived image, and what was checked of the operation on its way in."""

    appended: Appended
    finding: Finding


@dataclass(frozen=True)
class _Pair:
    """Both sides of a derivation; ``original`` is the original's file when the caller has it."""

    registration: Registration
    origin: Origin
    original: bytes | None
    data: bytes
    digests: DigestSet

    @property
    def lossy(self) -> bool:
        """Whether either side's samples depend on a decoder, so that equal samples prove little."""
        return "codestream/1" in self.origin.digests or "codestream/1" in self.digests.digests


class Derivations:
    """Appends derive entries to one registrar's log."""

    def __init__(
        self,
        store: RecordStore,
        registrations: Registrations,
        registrar: Registrar,
        look_alikes: LookAlikes,
        limits: Limits,
    ) -> None:
        self._store = store
        self._registrations = registrations
        self._registrar = registrar
        self._look_alikes = look_alikes
        self._limits = limits

    def derive(
        self, target: str, data: bytes, declared: Declared, *, original: bytes | None = None, urgent: bool = False
    ) -> Derived:
        """The image in ``data`` is in the log as made from registration ``target`` by the declared operation.

        ``original`` is the registered file, if it is at hand. NotFound without such a registration; Conflict for one
        of another log, one that is withdrawn and an image that is registered already as something else;
        DerivationContradicted for an image that the operation did not make; an InputError for what is no readable
        image or not the original; an OutageError if nothing could be stored or compared.
        """
        if declared.operation not in OPERATIONS:
            raise InputError(f"expected an operation of {', '.join(OPERATIONS)}, found {declared.operation[:40]!r}")
        hidden = [Box(*box) for box in declared.hide]
        if hidden and declared.operation != "de-identified":
            raise InputError(f"expected hidden boxes with de-identified alone, found them with {declared.operation}")
        if not data:
            raise InputError("the file is empty (0 bytes)", code="empty_file", advice=_EMPTY)
        pair = self._pair(self._origin(target), original, data)
        finding = self._check(pair, declared.operation, hidden)
        fields = {
            "target": target,
            "operation": declared.operation,
            "checked": finding.checked,
            "reason": declared.reason,
            "author": declared.author,
        }
        appended = self._registrations.append_image(pair.digests, derived=fields, urgent=urgent)
        if appended.created:
            return Derived(appended, finding)
        return _repeated(appended, fields)

    def _origin(self, target: str) -> Registration:
        registration = self._store.registration(target)
        if registration is None:
            raise NotFound(f"no registration {target}")
        if registration.entry.registrar != self._registrar.id:
            raise Conflict("that registration is in another registrar's log; only its registrar can speak of it")
        standing = standing_of(self._store.statements(target)).standing
        if standing in _WITHDRAWN:
            raise Conflict(f"expected an original that is in force, found one that is {standing}")
        return registration

    def _pair(self, registration: Registration, original: bytes | None, data: bytes) -> _Pair:
        image = registration.image
        attributes = tiles = None
        if image.details:
            if changed_details(image.details, image.digests):
                raise Conflict("the stored details of the original are not the registered ones: run medseal audit")
            attributes, tiles = DigestSet.from_blob(image.details)
        origin = Origin(image.digests, image.facts, attributes, tiles)
        if original is not None:
            _must_be(registration, original, self._limits)
        return _Pair(registration, origin, original, data, digest_set(data, self._limits, traced=True))

    def _check(self, pair: _Pair, operation: str, hidden: Sequence[Box]) -> Finding:
        name = same_samples(pair.origin, pair.digests)
        if name is not None:
            return _same(pair.origin, pair.digests, operation, name)
        if operation == "de-identified":
            return self._de_identified(pair, hidden)
        exact = self._cropped(pair) if operation == "cropped" else None
        return exact or self._alike(pair, operation)

    def _de_identified(self, pair: _Pair, hidden: Sequence[Box]) -> Finding:
        check_header("de-identified", pair.origin, pair.digests)
        _must_be_small(pair.digests.tiles, hidden)
        if pair.original is not None:
            return _hidden_exactly(self._decode(pair.original), self._decode(pair.data), hidden)
        if pair.origin.tiles is None:
            return Finding("declared", "the original is known by its digests alone: nothing to compare")
        return check_hidden(pair.origin.tiles, pair.digests, hidden, told_apart=pair.lossy)

    def _cropped(self, pair: _Pair) -> Finding | None:
        """The finding of an exact comparison; None when the crop is not made of the original's very samples."""
        from ledger.core.cropping import crop_place, tile_crop_place

        image, place, basis = self._decode(pair.data), None, "the original's samples"
        if pair.original is not None:
            place = crop_place(self._decode(pair.original), image)
        elif pair.origin.tiles is not None:
            place, basis = tile_crop_place(pair.origin.tiles, image), "the registered tiles (tile/1)"
        if place is None:
            return None
        x, y = place
        layout = image.layout
        how = f"{basis} from x {x} to {x + layout.columns - 1}, y {y} to {y + layout.rows - 1}"
        figures = {"x": x, "y": y, "w": layout.columns, "h": layout.rows}
        return Finding("consistent" if pair.lossy else "proven", how, figures)

    def _alike(self, pair: _Pair, operation: str) -> Finding:
        """By fingerprints: the operations that come here may change every sample and still alter nothing."""
        if pair.original is None:
            found = self._look_alikes.against(pair.registration, pair.data, exact=False)
        else:
            found = self._look_alikes.against_file(pair.original, pair.data, exact=False)
        if found.outcome == "none" and operation == "cropped" and (shown := _shown(pair)) < LEAST_SHOWN:
            least = f"{100 * LEAST_SHOWN:.0f} %"
            detail = f"the crop shows {100 * shown:.0f} % of the registered frame, and a comparison wants {least}"
            return Finding("declared", detail)
        return _judged(found, pair.registration.id)

    def _decode(self, data: bytes) -> DecodedImage:
        return decode(data, self._limits)


def _same(origin: Origin, derived: DigestSet, operation: str, name: str) -> Finding:
    if operation == "cropped":
        raise DerivationContradicted(f"expected a part of the original, found the whole of it ({name} is the same)")
    check_header(operation, origin, derived)
    if operation == "de-identified" and origin.attributes is None:
        return Finding("consistent", f"{name} is the original's; its attributes are not known", {"digest": name})
    about = ", and none of the identifying attributes was kept" if operation == "de-identified" else ""
    return Finding("proven", f"{name} is the original's{about}", {"digest": name})


def _shown(pair: _Pair) -> float:
    """The share of the registered frame's area that a crop of the same scale shows; 1 when its size is not known."""
    rows, columns = pair.origin.facts.get("rows"), pair.origin.facts.get("columns")
    tiles = pair.digests.tiles
    return tiles.rows * tiles.columns / (rows * columns) if rows and columns else 1.0


def _judged(found: Search, original: str) -> Finding:
    """What a comparison of fingerprints says of the operation; DerivationContradicted when it speaks against it."""
    if found.outcome == "none":
        raise DerivationContradicted(
            f"expected an image made from registration {original}, found another: {found.detail}"
        )
    if found.outcome != "found" or found.change is None:
        return Finding("declared", f"could not be compared: {found.detail}")
    change = found.change
    if change.altered:
        regions = "; ".join(f"{r.x},{r.y},{r.width},{r.height}" for r in change.regions[:5])
        raise DerivationContradicted(
            f"expected no change but the declared operation, found {change.changed_percent:.2f} % of the image "
            f"changed, at {regions}"
        )
    figures = {"basis": change.basis, "transform": list(change.transform.words), "limits": change.limits}
    return Finding("consistent", f"no changed region against the original ({change.basis})", figures)


def _must_be_small(tiles: TileDigests, hidden: Sequence[Box]) -> None:
    """Nothing, when the hidden boxes leave most of the picture; what they hold is not looked at."""
    share = sum(box.width * box.height for box in hidden) / (tiles.rows * tiles.columns)
    if share > _MOST_HIDDEN:
        raise DerivationContradicted(
            f"expected boxes over at most {_MOST_HIDDEN:.0%} of the picture, found {share:.0%} hidden"
        )


def _hidden_exactly(original: DecodedImage, derived: DecodedImage, hidden: Sequence[Box]) -> Finding:
    from ledger.core.cropping import differing_box

    if (original.layout, original.frames) != (derived.layout, derived.frames):
        raise DerivationContradicted(
            "expected as many frames of the same size and kind as the original's, found others"
        )
    outside = differing_box(original, derived, [(box.x, box.y, box.width, box.height) for box in hidden])
    if outside is not None:
        shown = ",".join(map(str, outside))
        raise DerivationContradicted(f"expected changes inside the hidden boxes alone, found others within {shown}")
    return Finding("consistent", "no sample differs from the original's outside the hidden boxes")


def _must_be(registration: Registration, original: bytes, limits: Limits) -> None:
    """Nothing, when ``original`` is the registered file or has its samples."""
    known = registration.image.digests
    if known.get("file/1") == digest_file(original):
        return
    found = digest_set(original, limits)
    if same_samples(Origin(known, registration.image.facts, None, None), found) is None:
        raise Conflict(
            f"expected the file of registration {registration.id} as the original, found another image",
            advice="Give the registered file, or leave the original out.",
        )


def _repeated(appended: Appended, fields: Mapping[str, Any]) -> Derived:
    """The derivation that is in the log already; Conflict when the file is registered as anything else."""
    entry = decode_entry(appended.entry.body)
    if entry["kind"] != DERIVE or any(entry[name] != fields[name] for name in ("target", "operation")):
        raise Conflict(
            f"expected an image that is not registered yet, found registration {appended.entry.id} of kind "
            f"{entry['kind']}; no derivation was declared"
        )
    return Derived(appended, Finding(entry["checked"], "declared before; checked then"))
