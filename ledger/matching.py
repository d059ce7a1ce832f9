"""Checks 1 to 3: is this a registered image, by its bytes, its samples or its data set?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.core.digests import DigestSet, changed_details, compare_attributes, compare_tiles
from ledger.core.images.identity import instance_key
from ledger.core.model import Registration, Standing
from ledger.core.offline import Presented, skipped
from ledger.core.rendering import changes_rendering
from ledger.core.verdict import Check, Status
from ledger.ports import RecordStore
from ledger.standing import standing_of

_DAMAGED = "the stored details do not lead to the registered digest: the store was changed"
_MOST_LISTED = 200
_PIXEL_DATA = ("(7FE0,0010)", "pixels")


@dataclass(frozen=True)
class Match:
    """Checks 1 and 2, and the registration they found: the image itself, or the original of an altered one."""

    file: Check
    pixels: Check
    registration: Registration | None


def match_image(
    store: RecordStore, presented: Presented, digests: DigestSet | None, original: Registration | None
) -> Match:
    """Checks 1 and 2. ``original`` is compared with when neither bytes nor samples are registered."""
    by_file = _best(store, _find(store, presented, "file/1"))
    file_check = _file_check(presented, by_file)
    if by_file is not None:
        return Match(file_check, _same_pixels(by_file, presented), by_file)
    name = presented.pixel_digest
    by_pixels = _best(store, _find(store, presented, name), digests)
    if by_pixels is not None:
        return Match(
            file_check,
            _pixels_found(by_pixels, presented, name, digests.facts.get("decoder") if digests else None),
            by_pixels,
        )
    claimed = original or _claimed(store, digests)
    if claimed is not None and digests is not None:
        return Match(file_check, _changed_pixels(claimed, digests), claimed)
    return Match(file_check, _no_pixels(presented, name), None)


def data_set_check(match: Match, digests: DigestSet | None) -> Check:
    """Check 3: the data sets are the same, or these attributes differ."""
    if match.registration is None:
        return skipped(3, "no registration to compare with")
    if match.file.status is Status.PASSED:
        return Check(3, Status.PASSED, "the same bytes, so the same data set")
    image = match.registration.image
    if digests is None:
        return skipped(3, "only digests were given: no data set to compare")
    if not image.details:
        return _by_digest_alone(image.digests.get("dataset/1"), digests.digests.get("dataset/1"))
    if image.facts.get("media_type") != digests.facts.get("media_type"):
        return _across_containers(image.facts, digests.facts)
    if image.digests.get("dataset/1") == digests.digests.get("dataset/1"):
        return Check(3, Status.PASSED, f"no attribute differs; {_container(image.facts, digests.facts)}")
    if "dataset/1" in changed_details(image.details, image.digests):
        return Check(3, Status.FAILED, _DAMAGED)
    compared = compare_attributes(DigestSet.from_blob(image.details)[0], digests.attributes)
    changes = [change for change in compared if change.path not in _PIXEL_DATA]
    if not changes:
        return Check(3, Status.PASSED, "no attribute differs but the pixel data, of which check 2 speaks")
    rendering = [change.name or change.path for change in changes if changes_rendering(change.path, change.name)]
    listed = [{"path": c.path, "name": c.name, "change": c.change} for c in changes[:_MOST_LISTED]]
    names = ", ".join(f"{c.name or c.path} ({c.change})" for c in changes[:5])
    more = f" and {len(changes) - 5} more" if len(changes) > 5 else ""
    figures = {"attributes": listed, "count": len(changes), "rendering": rendering}
    shown = f"; this changes how the pixels are shown: {', '.join(rendering[:5])}" if rendering else ""
    return Check(3, Status.FAILED, f"differs in {names}{more}{shown}", figures)


def _by_digest_alone(registered: str | None, presented: str | None) -> Check:
    """Check 3 for a registration without attribute digests."""
    if registered is None:
        return skipped(3, "registered without its data set: nothing to compare")
    if registered == presented:
        return Check(3, Status.PASSED, "no attribute differs")
    detail = "the data set differs, and the record does not say in what: it may change how the pixels are shown"
    return Check(3, Status.FAILED, detail, {"rendering": ["unknown"]})


def _across_containers(registered: Mapping[str, Any], presented: Mapping[str, Any]) -> Check:
    """Check 3 between two kinds of file, whose attributes can't be compared; colour tables are among them."""
    before, after = registered.get("media_type"), presented.get("media_type")
    detail = f"registered as {before}, presented as {after}: nothing to compare"
    if "palette" in (registered.get("photometric"), presented.get("photometric")):
        why = f"{detail}; the colour table may differ"
        return Check(3, Status.FAILED, why, {"rendering": ["palette"]})
    return skipped(3, detail)


def _container(registered: Mapping[str, Any], presented: Mapping[str, Any]) -> str:
    """What is known of the difference between two files with one data set."""
    before, after = registered.get("transfer_syntax"), presented.get("transfer_syntax")
    if before != after:
        return f"transfer syntax {before} became {after}"
    return "only the file's packing does (compression, order, padding or file meta information)"


def _find(store: RecordStore, presented: Presented, name: str) -> list[Registration]:
    digest = presented.digests.get(name)
    return store.find({name: digest}) if digest else []


def _best(store: RecordStore, found: Sequence[Registration], digests: DigestSet | None = None) -> Registration | None:
    """The registration that the image in hand is a copy of, of several that fit.

    The one with its data set, then the one of its SOP instance, then one in force: a copy of a withdrawn file is not
    vouched for by another registration of the same pixels. Among equals the latest.
    """
    if len(found) < 2:
        return found[0] if found else None
    data_set = digests.digests.get("dataset/1") if digests else None
    instance = instance_key(digests.sop_instance_uid) if digests and digests.sop_instance_uid else None

    def likeness(registration: Registration) -> tuple[bool, bool, bool]:
        image = registration.image
        in_force = standing_of(store.statements(registration.id)).standing is Standing.IN_FORCE
        same_data_set = data_set is not None and image.digests.get("dataset/1") == data_set
        return same_data_set, instance is not None and image.instance == instance, in_force

    return max(reversed(found), key=likeness)


def _file_check(presented: Presented, found: Registration | None) -> Check:
    digest = presented.digests.get("file/1")
    if digest is None:
        return skipped(1, "no file digest was given")
    if found is None:
        return Check(1, Status.FAILED, "no registration has this file digest", {"found": digest})
    return Check(1, Status.PASSED, "the bytes are the registered ones", {"found": digest, "registration": found.id})


def _same_pixels(found: Registration, presented: Presented) -> Check:
    name = presented.pixel_digest
    if name not in found.image.digests or name not in presented.digests:
        return skipped(2, "registered, presented or decoded by file digest only")
    if found.image.digests[name] != presented.digests[name]:
        detail = f"the bytes are the registered ones, yet {name} differs: another decoder, or a damaged record"
        return Check(2, Status.FAILED, detail, {"decoder": found.image.facts.get("decoder")})
    return Check(2, Status.PASSED, "the samples are the registered ones", {"digest": name})


def _decoded_otherwise(found: Registration, presented: Presented, decoder: object) -> bool:
    """Whether one decoder made other samples of the same codestream: then its wrapping decides what is seen."""
    registered, shown = found.image.digests.get("pixel/1"), presented.digests.get("pixel/1")
    return found.image.facts.get("decoder") == decoder and None not in (registered, shown) and registered != shown


def _pixels_found(found: Registration, presented: Presented, name: str, decoder: object) -> Check:
    figures: dict[str, Any] = {"digest": name, "found": presented.digests[name], "registration": found.id}
    if name == "codestream/1" and _decoded_otherwise(found, presented, decoder):
        detail = "the same compressed data, but what stands around it makes it decode to other samples"
        return Check(2, Status.UNDETERMINED, detail, figures)
    if name == "pixel/1" and ("codestream/1" in found.image.digests or presented.lossy):
        known = found.image.facts.get("decoder")
        detail = f"the samples are those of a lossy image as {known} decodes it; decoders differ: no decision"
        return Check(2, Status.UNDETERMINED, detail, figures)
    return Check(2, Status.PASSED, "the samples are the registered ones", figures)


def _claimed(store: RecordStore, digests: DigestSet | None) -> Registration | None:
    """The registration whose SOP Instance UID the image carries."""
    if digests is None or not digests.sop_instance_uid:
        return None
    return _best(store, store.find_instance(instance_key(digests.sop_instance_uid)))


def _changed_pixels(original: Registration, digests: DigestSet) -> Check:
    """Check 2 against a named original: which tiles differ, where that can be told."""
    figures: dict[str, Any] = {"original": original.id}
    if "codestream/1" in digests.digests or "codestream/1" in original.image.digests:
        detail = f"claims to be registration {original.id}, but lossy compression lies between: tiles can't be compared"
        return Check(2, Status.UNDETERMINED, detail, figures)
    if not original.image.details:
        detail = f"claims to be registration {original.id}, which is known by digests only: its samples are others"
        return Check(2, Status.FAILED, detail, figures)
    if "tile/1" in changed_details(original.image.details, original.image.digests):
        return Check(2, Status.FAILED, f"not the samples of registration {original.id}; {_DAMAGED}", figures)
    compared = compare_tiles(DigestSet.from_blob(original.image.details)[1], digests.tiles)
    if not compared.comparable:
        return Check(2, Status.FAILED, f"not the samples of registration {original.id}: {compared.reason}", figures)
    figures["changed_tiles"] = [list(tile) for tile in compared.changed[:_MOST_LISTED]]
    figures["changed_count"] = len(compared.changed)
    frames = sorted({tile[0] for tile in compared.changed})
    tiles = "1 tile differs" if len(compared.changed) == 1 else f"{len(compared.changed)} tiles differ"
    shown = "; ".join(f"x {x} to {x + w - 1}, y {y} to {y + h - 1}" for _, x, y, w, h in compared.changed[:3])
    more = " and more" if len(compared.changed) > 3 else ""
    where = f"in frame {', '.join(map(str, frames[:5]))} ({shown}{more})"
    detail = f"{tiles} from registration {original.id}, {where}"
    return Check(2, Status.FAILED, detail, figures)


def _no_pixels(presented: Presented, name: str) -> Check:
    if name not in presented.digests:
        return skipped(2, presented.decode_error or f"no {name} was given")
    return Check(2, Status.FAILED, f"no registration has this {name}", {"found": presented.digests[name]})
