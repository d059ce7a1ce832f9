"""Making a partial receipt and its picture from a receipt and the registered file: no server, no key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from ledger.core.digests.model import format_digest
from ledger.core.entry import opens
from ledger.core.images import DecodedImage, Layout, decode
from ledger.core.images.model import MONOCHROME, MONOCHROME_INVERTED, RGB
from ledger.core.multiproof import prove
from ledger.core.partial import MAX_NODES, MAX_PARTIAL_BYTES, TILE, Box, Kind, Part, Tile, boxes_of, check_size, dump
from ledger.core.receipt import Opening, Receipt, parse, withhold
from ledger.errors import InputError, InvalidReceipt, LimitExceeded, UnsupportedImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame

CARRIED = {MONOCHROME: MONOCHROME, MONOCHROME_INVERTED: MONOCHROME, RGB: RGB}
"""The photometric classes whose samples a PNG holds unchanged, and the class that the PNG then has."""


@dataclass(frozen=True)
class Disclosed:
    """A partial receipt (bytes to store), the PNG beside it, and what both show."""

    partial: bytes
    picture: bytes
    part: Part


def disclose(receipt: bytes, image: bytes, kind: Kind, boxes: Sequence[Box], frame: int = 0) -> Disclosed:
    """The part of the registered ``image`` that ``boxes``, in pixels of ``frame``, show (crop) or hide (redacted).

    Boxes grow outwards to whole tiles. The PNG holds the registered samples exactly: grey of 8 or 16 bits (signed
    ones as two's complement words, as in pixel/1) or RGB; hidden tiles are zero. InputError when the receipt has no
    opening of tile/1, when ``image`` is not the registered one, and for a box outside the frame; UnsupportedImage
    when a PNG cannot hold the samples.
    """
    opening = _opening(parse(receipt))
    decoded = decode(image)
    part = _part(decoded, kind, boxes, frame)
    leaves, chosen = _leaves(decoded, frame)
    _same_image(decoded, leaves, opening)
    proof = prove(
        [leaves[start : start + 32] for start in range(0, len(leaves), 32)], map(part.leaf_index, part.shown())
    )
    partial = dump(withhold(receipt, {"tile/1"}), part, proof)
    if len(proof) > MAX_NODES or len(partial) > MAX_PARTIAL_BYTES:
        raise LimitExceeded(
            f"expected at most {MAX_NODES} nodes of proof, found {len(proof)}", advice="Hide fewer, larger boxes."
        )
    return Disclosed(partial, _png(chosen, part), part)


def _opening(receipt: Receipt) -> Opening:
    opening = receipt.openings.get("tile/1")
    if opening is None:
        raise InputError(
            "expected a receipt that opens tile/1, found none",
            code="no_tile_opening",
            advice="Take the receipt as it was issued, or one that was withheld with --keep tile/1.",
        )
    if not opens(receipt.entry, "tile/1", opening.key, opening.digest):
        raise InvalidReceipt("expected an opening of tile/1 that fits the entry, found another: the file was changed")
    return opening


def _part(image: DecodedImage, kind: Kind, boxes: Sequence[Box], frame: int) -> Part:
    layout = image.layout
    if not 0 <= frame < image.frames:
        raise InputError(f"expected a frame from 0 to {image.frames - 1}, found {frame}")
    check_size(layout, image.frames, frame)
    _check_carried(layout)
    for box in boxes:
        if not box.within(layout.columns, layout.rows):
            found = f"{box.x},{box.y},{box.width},{box.height}"
            raise InputError(f"expected a box inside {layout.columns} × {layout.rows} pixels, found {found}")
    tiles = set[Tile]().union(*(_grown(box).tiles() for box in boxes))
    part = Part(layout, image.frames, frame, kind, boxes_of(tiles))
    if not part.shown():
        raise InputError("expected some tile of 32 × 32 pixels to be shown, found all of them hidden")
    return part


def _check_carried(layout: Layout) -> None:
    if layout.kind not in CARRIED or layout.width > 2:
        found = f"{layout.kind}, {layout.samples} samples a pixel of {layout.width} bytes"
        raise UnsupportedImage(
            f"expected grey or RGB samples of 1 or 2 bytes, which a PNG holds unchanged; found {found}",
            advice="Register a grey or RGB copy of the image; parts of that one can be shown.",
        )


def _grown(box: Box) -> Box:
    x, y = box.x // TILE, box.y // TILE
    return Box(x, y, -(-(box.x + box.width) // TILE) - x, -(-(box.y + box.height) // TILE) - y)


def _leaves(image: DecodedImage, wanted: int) -> tuple[bytes, Frame]:
    """The joined leaf hashes of all frames, and the frame that is wanted; frames are held one at a time."""
    from ledger.core.digests.tiles import tile_leaves

    leaves, chosen = [], []
    for index, frame in enumerate(image.read_frames()):
        leaves.append(tile_leaves(frame, index, image.layout))
        if index == wanted:
            chosen.append(frame)
    return b"".join(leaves), chosen[0]


def _same_image(image: DecodedImage, leaves: bytes, opening: Opening) -> None:
    from ledger.core.digests.tiles import tile_digest

    found = format_digest(tile_digest(leaves, image.frames, image.layout))
    if not compare_digest(found, opening.digest):
        lossy = "; the samples of lossy data also depend on the decoder" if image.lossy else ""
        raise InputError(
            f"expected the image that the receipt registers, tile/1 {opening.digest}, found {found}{lossy}",
            code="other_image",
            advice="Give the file that was registered, or a lossless copy of it.",
        )


def _png(frame: Frame, part: Part) -> bytes:
    import cv2

    place = part.picture
    samples = frame[place.y : place.y + place.height, place.x : place.x + place.width].copy()
    for box in part.hidden():
        samples[box.y : box.y + box.height, box.x : box.x + box.width] = 0
    # OpenCV takes blue, green, red; reversing the only channel of a grey picture changes nothing.
    native = samples[:, :, ::-1].astype(samples.dtype.newbyteorder("="))
    return bytes(cv2.imencode(".png", native)[1])
