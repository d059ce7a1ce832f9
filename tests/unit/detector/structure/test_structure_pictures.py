"""Rules on JPEG, PNG and TIFF, each with a file that triggers it and a twin that does not."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from structured import (
    CAMERA,
    EDITED,
    HISTORY,
    TAKEN,
    Scenario,
    codes,
    ended,
    jpeg,
    png,
    saved,
    scenarios,
    scene,
    tiff_entries,
    with_chunk,
    with_exif,
    with_segment,
    xmp,
)

from detector.structure import RULES, State


def _text(**texts: str) -> bytes:
    info = PngInfo()
    for key, value in texts.items():
        info.add_itxt("XML:com.adobe.xmp" if key == "XMP" else key, value, zip=True)
    return png(scene(), pnginfo=info)


def _made_and_changed(year: int) -> bytes:
    info = PngInfo()
    info.add_text("Creation Time", "2024-05-02T09:00:00")
    return with_chunk(png(scene(), pnginfo=info), "tIME", struct.pack(">H5B", year, 5, 2, 9, 1, 0))


def _alpha(value: int) -> bytes:
    rgba = np.dstack([scene()] * 3 + [np.full((128, 128), 255, np.uint8)])
    rgba[40:60, 40:60, 3] = value
    return png(rgba)


def _past(quality: int | None) -> bytes:
    if quality is None:
        return png(scene(256))
    return png(np.asarray(Image.open(io.BytesIO(jpeg(scene(256), quality=quality)))))


def _thumbnail(of: np.ndarray) -> bytes:  # type: ignore[type-arg]
    small = saved(Image.fromarray(of).resize((96, 96), Image.Resampling.BOX), "JPEG", quality=70)
    return with_exif(jpeg(scene(), quality=90), {**CAMERA}, small)


def _stripes() -> np.ndarray:  # type: ignore[type-arg]
    return (120 + 90 * np.sin(np.mgrid[:128, :128][0] / 5.0)).astype(np.uint8)


def _redrawn() -> bytes:
    """The thumbnail still has the bright spot that the picture lost."""
    before = scene().copy()
    cv2.circle(before, (40, 90), 9, 250, -1)
    return _thumbnail(before)


def _tiff(**options: object) -> bytes:
    return saved(Image.fromarray(scene()), "TIFF", **options)


def _pages(second: np.ndarray, kind: int) -> bytes:  # type: ignore[type-arg]
    """A TIFF of two pages; the second one's NewSubfileType is ``kind``."""
    first = Image.fromarray(scene())
    page = Image.fromarray(second)
    page.encoderinfo = {"tiffinfo": {254: kind}}
    return saved(first, "TIFF", save_all=True, append_images=[page])


def _tiff_dates(changed: str) -> bytes:
    """A classic TIFF whose EXIF date stands in its own directory, as some writers have it."""
    return tiff_entries("<", {256: 64, 257: 64, 306: changed, 0x9003: TAKEN[0x9003]})


def _half() -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(Image.fromarray(scene()).resize((64, 64), Image.Resampling.BOX))


def _mixed() -> bytes:
    first = Image.open(io.BytesIO(jpeg(np.dstack([scene()] * 3), quality=90))).quantization[0]  # type: ignore[attr-defined]
    second = Image.open(io.BytesIO(jpeg(np.dstack([scene()] * 3), quality=50))).quantization[1]  # type: ignore[attr-defined]
    return jpeg(np.dstack([scene()] * 3), qtables=[first, second])


def _behind_jfif() -> bytes:
    plain = jpeg(scene())
    exif = with_exif(plain, CAMERA)[2 : len(with_exif(plain, CAMERA)) - len(plain) + 2]
    return plain[:20] + exif + plain[20:]


def _broken(file: bytes) -> bytes:
    at = file.index(b"IDAT") + 20
    return file[:at] + bytes((file[at] ^ 1,)) + file[at + 1 :]


def _tiff_past(quality: int) -> bytes:
    return saved(Image.open(io.BytesIO(jpeg(scene(256), quality=quality))), "TIFF")


JPEG = [
    Scenario(
        "editor",
        "Photoshop in EXIF",
        lambda: with_exif(jpeg(scene()), {**EDITED}),
        lambda: with_exif(jpeg(scene()), {0x0131: "Ver.1.00"}),
    ),
    Scenario(
        "editor",
        "GIMP's comment",
        lambda: with_segment(jpeg(scene()), 0xFE, b"Created with GIMP"),
        lambda: with_segment(jpeg(scene()), 0xFE, b"chest, left"),
    ),
    Scenario(
        "converter",
        "GD's comment",
        lambda: with_segment(jpeg(scene()), 0xFE, b"CREATOR: gd-jpeg v1.0"),
        lambda: with_segment(jpeg(scene()), 0xFE, b"chest, left"),
    ),
    Scenario(
        "history",
        "saved steps",
        lambda: with_segment(jpeg(scene()), 0xE1, xmp(HISTORY)),
        lambda: with_segment(jpeg(scene()), 0xE1, xmp("<dc:title>chest</dc:title>")),
    ),
    Scenario(
        "photoshop-resources",
        "layers' resources",
        lambda: with_segment(jpeg(scene()), 0xED, b"Photoshop 3.0\x008BIM\x03\xed\0\0\0\0\0\x01\0\0"),
        lambda: with_segment(jpeg(scene()), 0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x01\0\0"),
    ),
    Scenario(
        "tables", "own tables", lambda: jpeg(scene(), qtables=[[7 + n % 5 for n in range(64)]]), lambda: jpeg(scene())
    ),
    Scenario(
        "table-pair",
        "two qualities",
        lambda: _mixed(),
        lambda: jpeg(np.dstack([scene()] * 3), quality=80),
    ),
    Scenario(
        "adobe-marker", "Adobe", lambda: with_segment(jpeg(scene()), 0xEE, b"Adobe\0d\0\0\0\0\0"), lambda: jpeg(scene())
    ),
    Scenario("appended", "another picture", lambda: jpeg(scene()) * 2, lambda: jpeg(scene()) + b"\0\0"),
    Scenario("cut-short", "no end", lambda: jpeg(scene())[:-200], lambda: jpeg(scene())),
    Scenario(
        "camera-claim",
        "progressive",
        lambda: with_exif(jpeg(scene(), progressive=True), CAMERA),
        lambda: with_exif(jpeg(scene()), CAMERA),
    ),
    Scenario(
        "segment-order",
        "JFIF first",
        lambda: _behind_jfif(),
        lambda: with_exif(jpeg(scene()), CAMERA),
    ),
    Scenario("thumbnail", "of another picture", lambda: _thumbnail(_stripes()), lambda: _thumbnail(scene())),
    Scenario("thumbnail", "before a spot was removed", _redrawn, lambda: _thumbnail(scene())),
    Scenario(
        "changed-later",
        "a year later",
        lambda: with_exif(jpeg(scene()), {0x0132: "2025:05:02 09:00:00", **TAKEN}),
        lambda: with_exif(jpeg(scene()), {0x0132: "2024:05:02 09:00:01", **TAKEN}, order=">"),
    ),
    Scenario(
        "date-order",
        "written before",
        lambda: with_exif(jpeg(scene()), {0x0132: "2023:05:02 09:00:00", **TAKEN}),
        lambda: with_exif(jpeg(scene()), {0x0132: "2024:05:02 09:00:01", **TAKEN}),
    ),
    Scenario(
        "exif-size",
        "cropped",
        lambda: with_exif(jpeg(scene()), {0xA002: 200, 0xA003: 128}),
        lambda: with_exif(jpeg(scene()), {0xA002: 128, 0xA003: 128}),
    ),
]
PNG = [
    Scenario(
        "editor", "Photoshop's mark", lambda: _text(Software="Adobe ImageReady"), lambda: _text(Software="ACME 3")
    ),
    Scenario("editor", "GIMP's comment", lambda: _text(Comment="Created with GIMP"), lambda: _text(Comment="chest")),
    Scenario(
        "converter", "Matplotlib", lambda: _text(Software="Matplotlib version3.9"), lambda: _text(Software="ACME")
    ),
    Scenario(
        "generator",
        "a prompt",
        lambda: _text(parameters="a nodule, Steps: 20, Sampler: Euler, Seed: 7"),
        lambda: _text(parameters="kVp 120"),
    ),
    Scenario("history", "saved steps", lambda: _text(XMP=HISTORY), lambda: _text(XMP="<a/>")),
    Scenario("changed-later", "a year later", lambda: _made_and_changed(2025), lambda: _made_and_changed(2024)),
    Scenario(
        "chunk-order",
        "gamma late",
        lambda: with_chunk(png(scene()), "gAMA", b"\0\0\xb1\x8f", late=True),
        lambda: png(scene()),
    ),
    Scenario("checksums", "a byte changed", lambda: _broken(png(scene())), lambda: png(scene())),
    Scenario("appended", "old data", lambda: png(scene()) + b"xxIDATxx", lambda: png(scene())),
    Scenario("cut-short", "no end", lambda: png(scene())[:-12], lambda: png(scene())),
    Scenario("program-chunks", "Fireworks", lambda: with_chunk(png(scene()), "mkBF", b"12"), lambda: png(scene())),
    Scenario(
        "colour-profile", "gamma", lambda: with_chunk(png(scene()), "gAMA", b"\0\0\xb1\x8f"), lambda: png(scene())
    ),
    Scenario("alpha", "cut out", lambda: _alpha(0), lambda: _alpha(255)),
    Scenario("alpha-unused", "opaque", lambda: _alpha(255), lambda: png(scene())),
    Scenario("jpeg-past", "was a JPEG", lambda: _past(50), lambda: _past(None)),
]
TIFF = [
    Scenario(
        "editor",
        "Photoshop",
        lambda: _tiff(tiffinfo={305: "Adobe Photoshop CC"}),
        lambda: _tiff(tiffinfo={305: "ACME"}),
    ),
    Scenario(
        "editor",
        "ImageJ",
        lambda: _tiff(tiffinfo={270: "ImageJ=1.53\nimages=1"}),
        lambda: _tiff(tiffinfo={270: "slide"}),
    ),
    Scenario(
        "converter", "libtiff", lambda: _tiff(tiffinfo={305: "tifffile.py"}), lambda: _tiff(tiffinfo={305: "ACME"})
    ),
    Scenario(
        "history",
        "saved steps",
        lambda: _tiff(tiffinfo={700: HISTORY.encode()}),
        lambda: _tiff(tiffinfo={700: b"<a/>"}),
    ),
    Scenario("layers", "layers", lambda: _tiff(tiffinfo={37724: b"Adobe Photoshop Document Data Block"}), _tiff),
    Scenario("photoshop-resources", "resources", lambda: _tiff(tiffinfo={34377: b"8BIM\x03\xed\0\0"}), _tiff),
    Scenario(
        "changed-later", "a year later", lambda: _tiff_dates("2025:05:02 09:00:00"), lambda: _tiff_dates(TAKEN[0x9003])
    ),
    Scenario("several-pictures", "a smaller page", lambda: _pages(_half(), 0), lambda: _pages(scene(seed=8), 0)),
    Scenario(
        "thumbnail", "of another picture", lambda: _pages(_half()[::-1, :40].copy(), 1), lambda: _pages(_half(), 1)
    ),
    Scenario("jpeg-past", "was a JPEG", lambda: _tiff_past(50), lambda: saved(Image.fromarray(scene(256)), "TIFF")),
]
ANY = [Scenario("ending", "JPEG called PNG", lambda: jpeg(scene()), lambda: jpeg(scene()), ("a.png", "a.JPG"))]
ALL = [
    *scenarios("jpeg", JPEG),
    *scenarios("png", PNG),
    *scenarios("tiff", TIFF),
    *scenarios("file", ANY),
]


@pytest.mark.parametrize(("code", "scenario"), ALL)
def test_a_rule_finds_its_scenario_and_leaves_its_twin_alone(code: str, scenario: Scenario) -> None:
    assert code in codes(scenario.bad(), scenario.names[0])
    assert code not in codes(scenario.twin(), scenario.names[1])


@pytest.mark.parametrize(("code", "scenario"), ALL)
def test_no_rule_fails_on_a_twin(code: str, scenario: Scenario) -> None:
    assert ended(scenario.twin(), scenario.names[1], code) in (State.PASSED, State.NOT_APPLICABLE)


def test_every_rule_has_a_scenario() -> None:
    assert {one.values[0] for one in ALL} == {rule.code for rule in RULES if rule.kind != "dicom"}


def test_codes_are_unique_and_every_rule_says_what_it_means_and_how_it_arises_innocently() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.meaning and rule.innocent and rule.limits and rule.title for rule in RULES)
