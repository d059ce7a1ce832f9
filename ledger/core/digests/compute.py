"""From bytes to the digest set, decoding once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ledger.core.digests.looks import LARGEST_PLANE, Look, Planes
from ledger.core.digests.model import DigestSet, Fact, format_digest, pack_details
from ledger.core.images import Attribute, DecodedImage, Limits, decode
from ledger.core.model import TraceRecord
from ledger.errors import InputError, UnreadableImage

if TYPE_CHECKING:
    from ledger.core.images.model import Frame
    from ledger.core.trace.cells import Cells


def digest_file(data: bytes) -> str:
    """file/1: ``sha256:`` and the SHA-256 of the bytes."""
    return format_digest(sha256(data).digest())


def digest_set(data: bytes, limits: Limits = Limits(), *, traced: bool = False, look: Look | None = None) -> DigestSet:
    """Every digest of the image in ``data``; codestream/1 only of lossy data, view/1 where it has a meaning.

    trace/1, with the fingerprint itself, only when ``traced``: registration keeps it, verification has no use for it.
    ``look`` may then make it elsewhere in the meantime.
    UnreadableImage, UnsupportedImage or LimitExceeded, as :func:`ledger.core.images.decode`, and no other exception.
    """
    image = decode(data, limits)
    frames = _Frames()
    try:
        return _digest_set(data, image, frames, traced=traced, look=look)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  codestreams are read here for the first time
        raise UnreadableImage(f"expected a complete image, found broken data ({type(error).__name__})") from None
    finally:
        frames.looked()


@dataclass(slots=True)
class _Frames:
    """What one pass over the frames leaves behind."""

    pixel_leaves: list[bytes] = field(default_factory=list)
    tile_leaves: list[bytes] = field(default_factory=list)
    view: str | None = None
    cells: list[Cells] = field(default_factory=list)
    facts: dict[str, Fact] = field(default_factory=dict)
    trace: TraceRecord | None = None
    planes: list[tuple[int, Any]] = field(default_factory=list)
    looking: Callable[[], TraceRecord | None] | None = None

    def looked(self) -> None:
        """What was looked at elsewhere is here, if anything was."""
        looking, self.looking = self.looking, None
        if looking is not None:
            self.trace = looking()


def _digest_set(data: bytes, image: DecodedImage, frames: _Frames, *, traced: bool, look: Look | None) -> DigestSet:
    from ledger.core.digests.dataset import attribute_digests, dataset_digest
    from ledger.core.digests.pixel import codestream_digest, pixel_digest
    from ledger.core.digests.tiles import tile_digest, tile_digests

    if traced and look is not None and image.layout.rows * image.layout.columns <= LARGEST_PLANE:
        _pass_and_look(frames, image, look)
    else:
        _one_pass(frames, image, traced)
    leaves = b"".join(frames.tile_leaves)
    digests = {"file/1": digest_file(data), "pixel/1": format_digest(pixel_digest(frames.pixel_leaves))}
    if image.read_codestreams is not None:
        digests["codestream/1"] = format_digest(codestream_digest(image.read_codestreams()))
    pixels = _pixel_attribute(image, digests)
    attributes = attribute_digests((*image.read_attributes(), *image.read_unused(), pixels))
    digests["dataset/1"] = format_digest(dataset_digest(attributes))
    digests["tile/1"] = format_digest(tile_digest(leaves, image.frames, image.layout))
    tiles = tile_digests(leaves, image.frames, image.layout)
    packed = pack_details(attributes, tiles) if traced else b""  # registration stores it; while others look
    frames.looked()
    if frames.view is not None:
        digests["view/1"] = frames.view
    trace = _trace(image, frames, digests) if traced else None
    return DigestSet(
        digests=digests,
        attributes=attributes,
        tiles=tiles,
        facts={**_facts(image), **frames.facts},
        sop_instance_uid=image.sop_instance_uid,
        trace=trace,
        study_instance_uid=image.study_instance_uid,
        packed=packed,
    )


def _one_pass(found: _Frames, image: DecodedImage, traced: bool) -> None:
    for index, frame in enumerate(image.read_frames()):
        _add_leaves(found, frame, index, image)
        if traced:
            _add_cells(found, frame, index, image)


def _pass_and_look(found: _Frames, image: DecodedImage, look: Look) -> None:
    """As :func:`_one_pass`, but the fingerprint is made elsewhere from the last traced frame on."""
    from ledger.core.digests.view import luma
    from ledger.core.trace.making import traced_frames

    wanted = traced_frames(image.frames)
    for index, frame in enumerate(image.read_frames()):
        if index in wanted:
            found.planes.append((index, luma(frame, image)))
            if len(found.planes) == len(wanted):
                found.looking = look(Planes(image.frames, tuple(found.planes)))
        _add_leaves(found, frame, index, image)


def _add_leaves(found: _Frames, frame: Frame, index: int, image: DecodedImage) -> None:
    from ledger.core.digests.pixel import pixel_leaf
    from ledger.core.digests.tiles import tile_leaves
    from ledger.core.digests.view import view_digest

    found.pixel_leaves.append(pixel_leaf(frame, image.layout))
    found.tile_leaves.append(tile_leaves(frame, index, image.layout))
    if index == image.frames // 2:
        found.view, found.facts = view_digest(frame, image)


def _add_cells(found: _Frames, frame: Frame, index: int, image: DecodedImage) -> None:
    from ledger.core.digests.view import luma
    from ledger.core.trace.cells import cells_of
    from ledger.core.trace.making import traced_frames

    if index in traced_frames(image.frames):
        cells = cells_of(luma(frame, image), index)
        if cells is not None:
            found.cells.append(cells)


def _trace(image: DecodedImage, frames: _Frames, digests: dict[str, str]) -> TraceRecord | None:
    """The fingerprint, its digest added to ``digests``; or None, with the reason among the facts."""
    from ledger.core.trace.blob import trace_digest
    from ledger.core.trace.making import trace_record

    record = trace_record(image.frames, frames.cells) if frames.cells else frames.trace
    if record is None:
        frames.facts["trace_left_out"] = "the frames are too small, too narrow or of one value"
        return None
    digests["trace/1"] = trace_digest(record.blob)
    return record


def _pixel_attribute(image: DecodedImage, digests: dict[str, str]) -> Attribute:
    value = digests.get("codestream/1", digests["pixel/1"]).encode()
    if image.media_type == "application/dicom":
        return Attribute("(7FE0,0010)", "PixelData", "digest", value)
    return Attribute("pixels", "Pixels", "digest", value)


def _facts(image: DecodedImage) -> dict[str, Fact]:
    layout = image.layout
    facts: dict[str, Fact] = {
        "media_type": image.media_type,
        "rows": layout.rows,
        "columns": layout.columns,
        "frames": image.frames,
        "samples": layout.samples,
        "bits": image.bits,
        "signed": image.signed,
        "photometric": layout.kind,
        "lossy": image.lossy,
        "decoder": image.decoder,
    }
    if image.transfer_syntax is not None:
        facts["transfer_syntax"] = image.transfer_syntax
    if image.modality is not None:
        facts["modality"] = image.modality
    return facts
