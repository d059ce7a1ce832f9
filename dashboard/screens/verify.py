"""Verify: a file goes in; a verdict, its numbered checks and the registration come out."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard.components.banner import banner_markup
from dashboard.components.by_link import PARAMETER, show_by_link
from dashboard.components.change import change_markup, search_markup
from dashboard.components.change_map import change_figure, mask_bytes, mask_for
from dashboard.components.checks import Tile, changed_tiles, checks_markup
from dashboard.components.detector import detector_markup
from dashboard.components.downloads import receipt_button, verification_json
from dashboard.components.facts import registration_markup, statements_markup
from dashboard.components.heat import ela_view, heat_over
from dashboard.components.markup import heading, text
from dashboard.components.notice import Notice, show_notice
from dashboard.components.preview import NoPreview, Preview, make_preview
from dashboard.session import client, told
from dashboard.words import OPEN_MAP, POLICIES
from ledger.schemas import Change, DetectionPictures, Registration, Verification

_STATE = "verify.outcome"
_PICTURE, _HEAT, _ELA = "Picture", "Heat map", "ELA view"
_ELA_WORDS = (
    "What each place loses when the picture is saved as a JPEG once more, stretched to its brightest. Edges and texture"
    " shine in pristine pictures as well."
)


_MAP = {
    "displaylogo": False,
    "scrollZoom": True,
    "modeBarButtons": [["zoomIn2d", "zoomOut2d", "resetScale2d", "toImage"]],
}


@dataclass(frozen=True)
class Question:
    """What is asked: this very upload (never a file's name), its bytes, under which policy, against which original."""

    upload: str
    sha256: str
    policy: str
    examine: bool
    original: str | None


@dataclass(frozen=True)
class Outcome:
    """A verification and the question that it answers."""

    question: Question
    verification: Verification


def verified(data: bytes, upload: str, policy: str, examine: bool, original: bytes | None) -> Verification:
    """The verification of these bytes; asked anew for every upload, every other question and every *check again*."""
    beside = None if original is None else hashlib.sha256(original).hexdigest()
    question = Question(upload, hashlib.sha256(data).hexdigest(), policy, examine, beside)
    known = st.session_state.get(_STATE)
    if known is not None and known.question == question:
        return known.verification  # type: ignore[no-any-return]
    with st.spinner("Computing digests, asking the ledger and the chain, then the forgery detector …"):
        answer = client().verify(data, policy=policy, examine=examine, pictures=True, original=original)
    st.session_state[_STATE] = Outcome(question, answer)
    return answer


def ask_policy() -> str:
    """The policy that the reader chose, with one line on what it accepts."""
    policy = st.segmented_control("Policy", list(POLICIES), default="clinical", required=True, key="verify.policy")
    st.caption(POLICIES[policy])
    return policy


def ask_examine() -> bool:
    """Whether the detector shall look at the image even if it is registered."""
    return st.toggle(
        "Examine registered images as well",
        key="verify.examine",
        help="The forgery detector looks at images that are not registered. What it says of a registered one is shown"
        " and never changes the verdict.",
    )


def ask_original() -> UploadedFile | None:
    """The original to compare with, if the reader holds one."""
    with st.expander("Original, if you have it", icon=":material/compare:"):
        return st.file_uploader(
            "The copy above is compared with it pixel by pixel. It is sent along, and not kept.", key="verify.original"
        )


def show_change(data: bytes, change: Change, original: Registration | None) -> None:
    """What was changed: the picture with its map beside the words, the table and the mask to take along."""
    left, right = st.columns([7, 5], gap="medium")
    with right:
        st.html(change_markup(change, original))
    with left, st.container(border=True, key="change"):
        try:
            show_map(data, change)
        except NoPreview as reason:
            st.html(f'<div class="ms-nopreview">{text(reason)}. The words and the table do not depend on it.</div>')


def show_map(data: bytes, change: Change) -> None:
    """The disputed frame under its change map, the mask's download below; NoPreview says why there is none."""
    preview = change_preview(data, change)
    mask = mask_for(change, preview.picture.size)
    st.plotly_chart(
        change_figure(preview, change, mask),
        theme=None,
        key="change.map",
        config=_MAP,
        alt="Picture with the changed regions tinted, outlined and numbered",
    )
    st.caption(f"{preview.caption}. {map_words(change, mask is not None)}")
    saved = mask_bytes(change)
    if saved is not None and change.regions:
        st.download_button(
            "Mask (PNG)", saved, "changed-regions.png", "image/png", on_click="ignore", icon=":material/texture:"
        )


def change_preview(data: bytes, change: Change) -> Preview:
    """The frame that the map is of: the one the server names, else that of the same number, else the middle one."""
    named = change.figures.get("disputed_frame")
    preview = make_preview(data, (), named if isinstance(named, int) else change.frame)
    return preview if preview.frame < preview.frames else make_preview(data, (), preview.frames // 2)


def map_words(change: Change, tinted: bool) -> str:
    """What is marked in the picture, and how it is moved."""
    moved = "Drag to move, scroll to zoom, double-click for the whole picture."
    if not change.regions:
        return f"Nothing is marked: no change was found. {moved}"
    marked = "Tinted and outlined" if tinted else "Boxed"
    return f"{marked}: differs from the registered original; numbers as in the table. {moved}"


def show_preview(data: bytes, verification: Verification) -> None:
    """The image with its changed tiles or the detector's views, or the reason why there is no picture of it."""
    tiles, detection = changed_tiles(verification), verification.detection
    with st.container(border=True, key="preview"):
        try:
            preview = make_preview(data, tiles, detection.frame if detection and not tiles else None)
            if preview.frames > 1:
                frame = st.slider("Frame", 1, preview.frames, preview.frame + 1)
                preview = make_preview(data, tiles, frame - 1)
            if detection is not None and detection.pictures is not None and detection.frame == preview.frame:
                show_views(preview, detection.pictures, undecided=detection.band == "inconclusive")
            else:
                st.image(preview.picture, width="stretch", alt="Preview of the image that was verified")
        except NoPreview as reason:
            st.html(f'<div class="ms-nopreview">{text(reason)}. The verdict does not depend on it.</div>')
            return
        st.caption(preview.caption)
        if tiles:
            st.caption(outline_words(tiles, preview.frame))


def outline_words(tiles: Sequence[Tile], frame: int) -> str:
    """What the orange squares are; of several frames, how many are in this one."""
    here = sum(tile[0] == frame for tile in tiles)
    elsewhere = f" {len(tiles) - here} more in other frames." if here < len(tiles) else ""
    return (
        f"Orange outline: a tile whose pixels differ from the registered original. Tiles outlined: {here}.{elsewhere}"
    )


def show_views(preview: Preview, pictures: DetectionPictures, *, undecided: bool) -> None:
    """The picture, the heat map over it with an opacity to choose, or the error levels.

    The map of an ``undecided`` answer looks like a finding and is none: it is shown on request only, and says so.
    """
    first, key = (_PICTURE, "verify.view.undecided") if undecided else (_HEAT, "verify.view")
    view = st.segmented_control("View", [_HEAT, _ELA, _PICTURE], default=first, required=True, key=key)
    if undecided:
        st.caption(OPEN_MAP)
    if view == _ELA:
        st.image(ela_view(pictures, preview.picture.size), width="stretch", alt="Error levels of the image")
        st.caption(_ELA_WORDS)
    elif view == _PICTURE:
        st.image(preview.picture, width="stretch", alt="Preview of the image that was verified")
    else:
        opacity = st.slider("Opacity of the heat map (%)", 0, 100, 60, key="verify.opacity")
        over = heat_over(preview.picture, pictures, opacity / 100)
        st.image(over, width="stretch", alt="Heat map of the forgery detector over the image")
        st.caption("Yellow to red: more suspicious to the method. Cyan outline: the marked area.")


def show_downloads(verification: Verification) -> None:
    """The evidence to take along: the receipt (with proofs when anchored) and this verification as JSON."""
    found = verification.registration
    with st.container(horizontal=True, key="downloads"):
        if found is not None:
            receipt_button(found.registration_id)
        body = verification_json(verification)
        st.download_button(
            "Verification (JSON)",
            body,
            "verification.json",
            "application/json",
            on_click="ignore",
            icon=":material/data_object:",
        )
        if st.button("Check again", icon=":material/refresh:", type="tertiary"):
            st.session_state.pop(_STATE, None)
            st.rerun()


def show_outcome(name: str, data: bytes, verification: Verification) -> None:
    """Banner, then what was changed, then picture and registration side by side with the checks."""
    st.html(banner_markup(verification, name))
    show_downloads(verification)
    change, found, detection = verification.change, verification.registration, verification.detection
    if change is not None:
        show_change(data, change, found)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        if change is None or (detection is not None and detection.pictures is not None):
            show_preview(data, verification)
        if found is not None:
            copied = verification.verdict == "altered" or change is not None
            st.html(registration_markup(found, "Registered original" if copied else "Registration"))
    with right:
        said = statements_markup(found.statements if found else []) + search_markup(verification)
        st.html(said + detector_markup(verification) + checks_markup(verification.checks))


def main() -> None:
    """Ask for a file and a policy; verify; show."""
    st.html(
        heading("Verify an image", "Is this the image that was registered, by whom and when, and does it still hold?")
    )
    left, right = st.columns([7, 5], gap="medium")
    with left:
        upload = st.file_uploader("DICOM, PNG, JPEG or TIFF", key="verify.file")
        beside = ask_original()
    with right:
        policy = ask_policy()
        examine = ask_examine()
    if upload is None and PARAMETER in st.query_params:
        show_by_link(st.query_params[PARAMETER], policy)
        return
    if upload is None:
        show_notice(
            Notice(
                "No image yet",
                "Drop a file above. It is sent to your MedSeal server and to nobody else, and it is not kept.",
                "Have no image at hand? Register one first; then verify a copy of it.",
                "inbox",
            )
        )
        return
    data = upload.getvalue()
    st.query_params[PARAMETER] = "sha256:" + hashlib.sha256(data).hexdigest()
    with told():
        verification = verified(data, upload.file_id, policy, examine, beside.getvalue() if beside else None)
        show_outcome(upload.name, data, verification)


main()
