"""The section to look at a picture: frames, layers, regions and a second picture, given to the viewer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from dashboard.components.checks import changed_tiles
from dashboard.components.frames import Frame, NoPreview, read_frame
from dashboard.components.layers import Layer, change_layer, detector_layers, mask_bytes, places
from dashboard.components.markup import text
from dashboard.components.verifying import Answer, Given
from dashboard.components.viewer import Matrix, Other, Scene, packed_scene, show_viewer, viewer_state
from ledger.schemas import Change, Verification

_PACKED = "look.packed"
_MOST_AT_ONCE = 6_000_000
"""Bytes of samples of all frames that are sent together; of longer series each frame is fetched when it is chosen."""
_FRAMES_AT_ONCE = 60
_NO_LEVELS = "No error levels (ELA) and no heat map: "
_STRETCHED = "Stretched to the same size; how they lie on each other was not worked out."
_ALIGNED = "Laid on it as the comparison found it to lie."


def first_frame(verification: Verification) -> int:
    """The frame to begin with: that of the change map, else the first changed one, else the detector's."""
    change, detection = verification.change, verification.detection
    if change is not None:
        named = change.figures.get("disputed_frame")
        return named if isinstance(named, int) else change.frame
    tiles = changed_tiles(verification)
    if tiles:
        return min(tile[0] for tile in tiles)
    return detection.frame if detection is not None else 0


def frames_at_hand(data: bytes, number: int) -> list[Frame]:
    """The frame of that number first; of a short series the others as well. NoPreview says why there is none."""
    first = read_frame(data, number)
    if first.frames > _FRAMES_AT_ONCE or first.samples.nbytes * first.frames > _MOST_AT_ONCE:
        return [first]
    others = [one for one in range(first.frames) if one != first.number]
    return [first, *(read_frame(data, one) for one in others)]


def scene_of(answer: Answer, verification: Verification, second: Given | None, number: int | None) -> Scene:
    """What the viewer shows of a verified file, at the frame of that number or where one should begin."""
    begin = map_frame(answer.given.data, verification)
    frames = frames_at_hand(answer.given.data, begin if number is None else number)
    layers, notes = layers_of(verification, begin, frames)
    other, why_not = other_of(verification, second, frames[0])
    return Scene(
        identity=answer.question.digest + answer.question.upload,
        name=answer.given.name,
        frames=frames,
        layers=layers,
        places=places(verification, begin),
        other=other,
        notes=[*notes, *why_not],
    )


def map_frame(data: bytes, verification: Verification) -> int:
    """The frame that the change map is of; the middle one where this file has no frame of the named number."""
    begin = first_frame(verification)
    if begin == 0:
        return 0
    frames = read_frame(data, begin).frames
    return begin if begin < frames else frames // 2


def layers_of(verification: Verification, begin: int, frames: Sequence[Frame]) -> tuple[list[Layer], list[str]]:
    """The layers there are, and a sentence for each that is missing or cannot be drawn."""
    layers: list[Layer] = []
    notes = marked_words(verification)
    change = verification.change
    if change is not None:
        try:
            layers += _change_layers(change, begin, frames)
        except NoPreview as reason:
            notes.append(f"No change map over the picture: {reason}. The words and the table do not depend on it.")
    try:
        alone = change is None or not change.regions
        layers += [layer if alone else replace(layer, on=False) for layer in detector_layers(verification.detection)]
    except NoPreview as reason:
        notes.append(f"{_NO_LEVELS}{reason}.")
    if verification.detection is None or verification.detection.pictures is None:
        notes.append(_NO_LEVELS + why_no_levels(verification))
    return layers, notes


def marked_words(verification: Verification) -> list[str]:
    """What the amber boxes are, or that nothing is marked."""
    change, tiles = verification.change, changed_tiles(verification)
    if change is not None and not change.regions:
        return ["Nothing is marked: no change was found above the limits stated."]
    if change is not None:
        return ["Amber boxes: regions that differ from the registered original; numbers as in the table."]
    if tiles:
        return [f"Amber boxes: tiles whose pixels differ from the registered original. Tiles outlined: {len(tiles)}."]
    return []


def _change_layers(change: Change, begin: int, frames: Sequence[Frame]) -> list[Layer]:
    shown = next((frame for frame in frames if frame.number == begin), frames[0])
    if shown.size != (change.width, change.height):
        raise NoPreview(
            f"it is of {change.width} × {change.height} pixels, this frame has {shown.size[0]} × {shown.size[1]}"
        )
    layer = change_layer(change, begin)
    return [layer] if layer is not None else []


def why_no_levels(verification: Verification) -> str:
    """Why the server sent no pictures of the detector, and what would help."""
    if verification.registration is not None and verification.detection is None:
        return "registered images are examined only when “Examine registered images as well” is on."
    check = next((check for check in verification.checks if check.number == 10), None)
    return f"{check.detail}." if check is not None else "the forgery detector was not asked."


def other_of(verification: Verification, second: Given | None, frame: Frame) -> tuple[Other | None, list[str]]:
    """The second picture laid on the first; or a sentence that says why it cannot be shown."""
    if second is None:
        return None, []
    change = verification.change if is_original(verification, second) else None
    try:
        other = read_frame(second.data, change.frame if change is not None else frame.number)
    except NoPreview as reason:
        return None, [f"{second.name} cannot be laid beside it: {str(reason).removeprefix('No preview: ')}."]
    if change is not None:
        return Other(second.name, role_of(verification, second), other, change.transform.matrix, _ALIGNED), []
    same = other.size == frame.size
    role = role_of(verification, second)
    return Other(second.name, role, other, stretch(other.size, frame.size), "" if same else _STRETCHED), []


def role_of(verification: Verification, second: Given) -> str:
    """What the second picture is to the verified one, as far as that is known."""
    found = verification.registration
    if found is not None and found.digests.get("file/1") == second.digest:
        return "Registered original"
    return "Original as given" if is_original(verification, second) else "Other picture"


def is_original(verification: Verification, second: Given) -> bool:
    """Whether this is the picture that the change map compares with."""
    change, found = verification.change, verification.registration
    if change is None:
        return False
    if found is not None and found.registration_id == change.original and "file/1" in found.digests:
        return found.digests["file/1"] == second.digest
    return change.basis == "original"


def stretch(size: tuple[int, int], onto: tuple[int, int]) -> Matrix:
    """The matrix that stretches one size over another."""
    return (onto[0] / size[0], 0.0, 0.0, 0.0, onto[1] / size[1], 0.0)


def show_look(answer: Answer, verification: Verification, original: Given | None) -> None:
    """The viewer, a place to give a second picture, and the mask to take along."""
    with st.container(border=True, key="look"):
        _show_scene(answer, verification, original)
        _show_mask(verification)


@st.fragment
def _show_scene(answer: Answer, verification: Verification, original: Given | None) -> None:
    """A choice of frame or of a second picture draws this part anew and nothing else."""
    place = st.container()
    with st.expander("Compare with another picture", icon=":material/compare:"):
        beside = st.file_uploader(
            "A look-alike or the original: a line between the two pictures can be moved. It is shown here only, and not"
            " sent to the server.",
            key=f"look.other.{answer.question.upload}",
        )
    second = Given(beside.name, beside.getvalue(), beside.file_id) if beside is not None else original
    key = f"viewer.{answer.question.upload}"
    with place:
        try:
            with st.container(key="packing"):  # a place in every run, so that the viewer stays where it is
                payload = _packed(answer, verification, second, viewer_state(key))
            show_viewer(payload, key)
        except NoPreview as reason:
            st.html(f'<div class="ms-nopreview">{text(reason)}. The verdict does not depend on it.</div>')


def _packed(answer: Answer, verification: Verification, second: Given | None, number: int | None) -> bytes:
    """The packed scene; the last one is kept, since a page is drawn more often than its picture changes."""
    asked = (answer.question, verification.checked_at, second.digest if second else None, number)
    kept = st.session_state.get(_PACKED)
    if kept is not None and kept[0] == asked:
        return bytes(kept[1])
    with st.spinner("Decoding the picture and its frames …"):
        payload = packed_scene(scene_of(answer, verification, second, number))
    st.session_state[_PACKED] = (asked, payload)
    return payload


def _show_mask(verification: Verification) -> None:
    change = verification.change
    try:
        saved = mask_bytes(change) if change is not None and change.regions else None
    except NoPreview:
        return
    if saved is not None:
        st.download_button(
            "Mask (PNG)", saved, "changed-regions.png", "image/png", on_click="ignore", icon=":material/texture:"
        )
