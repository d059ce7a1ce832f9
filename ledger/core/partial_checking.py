"""Checking a picture by its partial receipt and a trust file alone: the rules of ``offline``, three of them changed.

1. Skipped: the bytes of the registered file are not there.
2. The picture has the size and the kind of sample that the partial receipt says. Its shown tiles and the nodes of the
   proof lead to the ``tile/1`` that the receipt opens, and that opening fits the entry's commitment. Of the hidden
   tiles nothing is proven: they must be black, so that nobody paints there. A proof says that tiles differ, not which.
3. The registered header is not there to compare with. The picture is a PNG that says nothing of its own about how
   its samples are to be shown; with that, a viewer could be made to show something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hmac import compare_digest
from typing import TYPE_CHECKING, Any

from ledger.core.digests.model import format_digest
from ledger.core.entry import opens
from ledger.core.images import DecodedImage, decode
from ledger.core.images.model import MONOCHROME_INVERTED
from ledger.core.images.sniffing import PNG
from ledger.core.merkle import HASH_SIZE
from ledger.core.multiproof import root_of
from ledger.core.offline import Presented, policy_check, skipped, verify_receipt
from ledger.core.partial import TILE, Box, Part, Partial, parse
from ledger.core.partial_making import CARRIED
from ledger.core.rendering import changes_rendering
from ledger.core.trust import Trust, load_trust
from ledger.core.verdict import Check, Decision, Policy, Status, Verdict, decide
from ledger.errors import InputError, InvalidProof

if TYPE_CHECKING:
    from ledger.core.images.model import Frame


@dataclass(frozen=True)
class PartialResult:
    """All checks, 11 (policy) included, the decision, and what the partial receipt claims."""

    checks: Sequence[Check]
    decision: Decision
    partial: Partial


@dataclass(frozen=True)
class Picture:
    """A picture in hand: its header, and its only frame where it has one; why it could not be read, if so."""

    image: DecodedImage | None = None
    frame: Frame | None = None
    error: str | None = None


def check_partial(partial_bytes: bytes, image: bytes, trust_bytes: bytes, policy: Policy) -> PartialResult:
    """The decision on a picture by its partial receipt. InvalidReceipt or InvalidTrust if either file is not one."""
    partial, trust = parse(partial_bytes), load_trust(trust_bytes)
    checks = verify_partial(partial, trust, read_picture(image))
    decision = _said_of_a_part(decide(checks, policy), partial.part)
    return PartialResult((*checks, policy_check(decision, policy)), decision, partial)


def read_picture(data: bytes) -> Picture:
    """The picture in ``data``, or why it cannot be read. Samples are decoded only of a file with one frame."""
    try:
        image = decode(data)
        frames = list(image.read_frames()) if image.frames == 1 else []
    except InputError as error:
        return Picture(error=str(error))
    return Picture(image, frames[0] if frames else None)


def verify_partial(partial: Partial, trust: Trust, picture: Picture) -> list[Check]:
    """Checks 0 to 10 by the rules above. Nothing raises: what is wrong is a failed check."""
    checks = verify_receipt(partial.receipt, trust, Presented({}, decode_error=picture.error))
    if picture.image is not None:
        checks[0] = Check(0, Status.PASSED, "decoded", {"media_type": picture.image.media_type})
    checks[2] = _tile_check(partial, picture)
    checks[3] = _header_check(picture)
    return checks


def part_facts(part: Part) -> dict[str, Any]:
    """What is shown and what is not, JSON-able; boxes in pixels of the registered frame."""
    shown, total = len(part.shown()), part.tile_rows * part.tile_columns
    boxes = [_box(part.pixels(box)) for box in part.boxes]
    return {
        "kind": part.kind,
        "frame": part.frame,
        "frames": part.frames,
        "width": part.layout.columns,
        "height": part.layout.rows,
        "tiles": total,
        "tiles_shown": shown,
        "shown": boxes if part.kind == "crop" else None,
        "not_shown": boxes if part.kind == "redacted" else None,
    }


def _box(box: Box) -> dict[str, int]:
    return {"x": box.x, "y": box.y, "w": box.width, "h": box.height}


def _tile_check(partial: Partial, picture: Picture) -> Check:
    receipt, opening = partial.receipt, partial.receipt.openings["tile/1"]
    if not opens(receipt.entry, "tile/1", opening.key, opening.digest):
        return Check(2, Status.FAILED, "the opening of tile/1 does not fit the entry's commitment")
    if picture.image is None:
        return skipped(2, "the picture could not be read")
    odd = _misfit(partial.part, picture.image)
    if odd or picture.frame is None:
        return Check(2, Status.FAILED, odd or "expected one frame, found several")
    if any(_samples(picture.frame, box).any() for box in partial.part.hidden()):
        return Check(2, Status.FAILED, "expected hidden tiles to be black, found something drawn there")
    try:
        found = _digest(partial, picture.frame)
    except InvalidProof as error:
        return Check(2, Status.FAILED, f"the proof is not one of these tiles: {error}")
    figures: Mapping[str, Any] = {"expected": opening.digest, "found": found, "part": part_facts(partial.part)}
    if not compare_digest(found, opening.digest):
        return Check(2, Status.FAILED, "tile/1 differs: a shown tile, its place or the proof was changed", figures)
    return Check(2, Status.PASSED, _words(partial.part), figures)


def _samples(frame: Frame, box: Box) -> Frame:
    return frame[box.y : box.y + box.height, box.x : box.x + box.width]


def _misfit(part: Part, image: DecodedImage) -> str:
    """The first rule about the picture's form that is broken; empty if none is."""
    asked, found, place = part.layout, image.layout, part.picture
    if image.frames != 1:
        return f"expected one frame, found {image.frames}"
    if image.lossy:
        return "expected a lossless picture, found a lossy one: its samples are not the registered ones"
    if (found.columns, found.rows) != (place.width, place.height):
        return f"expected {place.width} × {place.height} pixels, found {found.columns} × {found.rows}"
    if (found.samples, found.width) != (asked.samples, asked.width):
        expected = f"{asked.samples} samples a pixel of {asked.width} bytes"
        return f"expected {expected}, found {found.samples} of {found.width} bytes"
    if image.bits != 8 * asked.width:
        # A PNG of fewer bits holds the same small numbers and is shown brighter.
        return f"expected samples stored with {8 * asked.width} bits, found {image.bits}"
    if found.kind not in (asked.kind, CARRIED.get(asked.kind)):
        return f"expected samples of the kind {CARRIED.get(asked.kind, asked.kind)}, found {found.kind}"
    return ""


def _digest(partial: Partial, frame: Frame) -> str:
    """The tile/1 that the shown tiles of ``frame`` and the proof lead to."""
    from ledger.core.digests.tiles import tile_digest_of, tile_leaves

    part = partial.part
    place = part.picture
    top, left = place.y // TILE, place.x // TILE
    leaves, across = tile_leaves(frame, part.frame, part.layout, (top, left)), -(-place.width // TILE)
    disclosed = {}
    for row, column in part.shown():
        start = ((row - top) * across + column - left) * HASH_SIZE
        disclosed[part.leaf_index((row, column))] = leaves[start : start + HASH_SIZE]
    return format_digest(tile_digest_of(root_of(part.leaves, disclosed, partial.proof), part.frames, part.layout))


def _words(part: Part) -> str:
    shown, total = len(part.shown()), part.tile_rows * part.tile_columns
    place = part.picture
    what = f"{shown} of {total} tiles of frame {part.frame} ({part.frames} in all) are registered ones"
    if part.kind == "crop":
        what += f": {place.width} × {place.height} pixels at {place.x},{place.y}; the rest of the image is not shown"
    else:
        boxes = [f"{box.width} × {box.height} pixels at {box.x},{box.y}" for box in part.hidden()]
        what += f"; not shown: {' and '.join(boxes[:5])}" + (" and more" if len(boxes) > 5 else "")
    inverted = part.layout.kind == MONOCHROME_INVERTED
    return what + ("; registered as inverted (MONOCHROME1): zero means white" if inverted else "")


def _header_check(picture: Picture) -> Check:
    if picture.image is None:
        return skipped(3, "the picture could not be read")
    if picture.image.media_type != PNG:
        detail = f"expected a PNG, as medseal disclose writes it, found {picture.image.media_type}"
        return Check(3, Status.FAILED, detail, {"rendering": ["container"]})
    added = [attribute for attribute in picture.image.read_attributes() if attribute.path != "png:IHDR"]
    changing = [attribute.path for attribute in added if changes_rendering(attribute.path, attribute.name)]
    if changing:
        detail = f"the picture says how to show its samples, which is not registered: {', '.join(changing[:5])}"
        return Check(3, Status.FAILED, detail, {"rendering": changing[:20]})
    return skipped(3, "the header of the registered image is not shown")


def _said_of_a_part(decision: Decision, part: Part) -> Decision:
    """The decision with words that claim the shown tiles and no more."""
    if decision.verdict is not Verdict.AUTHENTIC_REENCODED:
        return decision
    return replace(decision, reason=f"only the part shown is proven; {_words(part)}; {decision.reason}")
