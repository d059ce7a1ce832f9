"""Rules on a PNG file: texts, times, chunks and their order, what is appended, an earlier JPEG."""

from __future__ import annotations

import numpy as np

from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.pictures import jpeg_past, samples
from detector.structure.png_reading import PngFile
from detector.structure.told import NOT_WHAT

BOOK = Book("png")
_KNOWN = frozenset(
    (
        *("IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "mDCV", "cLLI"),
        *("tEXt", "zTXt", "iTXt", "bKGD", "hIST", "pHYs", "sPLT", "eXIf", "tIME", "acTL", "fcTL", "fdAT"),
        *("oFFs", "pCAL", "sCAL", "gIFg", "gIFx", "sTER", "dSIG"),
    )
)
_OF_PROGRAMS = {
    "mkBF": "Adobe Fireworks",
    "mkTS": "Adobe Fireworks",
    "mkBS": "Adobe Fireworks",
    "mkBT": "Adobe Fireworks",
    "prVW": "Adobe Fireworks",
    "cpIp": "Adobe ImageReady",
    "caBX": "a program that writes C2PA provenance",
    "iDOT": "Apple's system libraries",
    "vpAg": "ImageMagick",
    "caNv": "ImageMagick",
    "orNT": "ImageMagick",
    "npTc": "Android tools",
}
_PROFILES = {
    name.lower(): name
    for name in (
        *("sRGB", "sRGB IEC61966-2.1", "sRGB built-in", "GIMP built-in sRGB", "c2", "kCGColorSpaceSRGB"),
        *("Display P3", "kCGColorSpaceDisplayP3", "Adobe RGB (1998)", "AdobeRGB1998", "Apple RGB", "ColorMatch RGB"),
        *("ProPhoto RGB", "ROMM RGB", "Wide Gamut RGB", "DCI-P3", "Rec. 709", "Rec. 2020", "ITU-R BT.709", "Color LCD"),
        *("Generic RGB Profile", "kCGColorSpaceGenericRGB", "Generic Gray Profile", "Generic Gray Gamma 2.2 Profile"),
        *("Gray Gamma 1.8", "Gray Gamma 2.2", "Dot Gain 10%", "Dot Gain 15%", "Dot Gain 20%", "Dot Gain 25%"),
        *("ICC Profile", "icc"),
    )
}
"""Names of profiles that are said, in lower case and as they are written; any other may be anybody's text."""
_ONCE = ("PLTE", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "bKGD", "hIST", "pHYs", "tIME", "eXIf")
_BEFORE_PALETTE = ("cHRM", "gAMA", "iCCP", "sBIT", "sRGB")
_BEFORE_DATA = (*_BEFORE_PALETTE, "PLTE", "tRNS", "bKGD", "hIST", "pHYs", "sPLT")


@BOOK.rule(
    "chunk-order",
    "Chunks stand in their order",
    Strength.NOTABLE,
    Why(
        "Chunks stand where the format forbids them: a program put them in without encoding the picture.",
        "Some programs that add metadata are careless.",
        NOT_WHAT,
    ),
)
def chunk_order(file: PngFile) -> Answer:
    """Order and number of chunks as PNG clause 5.6 asks for."""
    names = file.names
    if "IDAT" not in names:
        return "There is no picture data (IDAT)."
    first, last = names.index("IDAT"), len(names) - 1 - names[::-1].index("IDAT")
    if any(name != "IDAT" for name in names[first:last]):
        return "The picture data is interrupted by another chunk."
    late = sorted({name for name in names[last:] if name in _BEFORE_DATA})
    if "PLTE" in names:
        late += sorted({name for name in names[names.index("PLTE") : first] if name in _BEFORE_PALETTE})
    twice = [name for name in _ONCE if names.count(name) > 1]
    if late or twice:
        return (
            "Chunks that stand too late: "
            + (", ".join(late) or "none")
            + "; twice: "
            + (", ".join(twice) or "none")
            + "."
        )
    return None


@BOOK.rule(
    "checksums",
    "Checksums of chunks are right",
    Strength.STRONG,
    Why(
        "A chunk is not as it was when its checksum was written.",
        "The file was damaged on a disk or on its way.",
        "It does not tell damage from change.",
    ),
)
def checksums(file: PngFile) -> Answer:
    """CRC of each chunk."""
    broken = sorted({_called(each.name) for each in file.chunks if not each.sound})
    return f"The checksum is wrong in: {', '.join(broken[:4])}." if broken else None


@BOOK.rule(
    "appended",
    "Nothing follows the picture",
    Strength.NOTABLE,
    Why(
        "Something lies behind the end of the picture, where no viewer looks.",
        "Some devices and programs pad files; two screenshot tools left old data when they cropped.",
        "What it is for is not known.",
    ),
)
def appended(file: PngFile) -> Answer:
    """Bytes after IEND."""
    if file.end is None:
        return Skip("the end of the picture was not found")
    rest = file.data[file.end :]
    if not rest.strip(b"\0\r\n \x1a"):
        return None
    old = " with picture data of a PNG in it" if b"IDAT" in rest or b"IEND" in rest else ""
    return f"{len(rest):,} bytes follow the end of the picture{old}."


@BOOK.rule(
    "cut-short",
    "The picture is whole",
    Strength.NOTABLE,
    Why(
        "The end of the picture is missing: the file was cut.",
        "A transfer broke off.",
        "Nothing is said about what is there.",
    ),
)
def cut_short(file: PngFile) -> Answer:
    """No IEND chunk."""
    return "The last chunk (IEND) is missing." if file.end is None else None


@BOOK.rule(
    "program-chunks",
    "No chunks of one program alone",
    Strength.NOTABLE,
    Why(
        "A chunk is one that a certain program writes; Fireworks keeps layers and text of its document in them.",
        "Screenshots of some systems, and conversions, hold such chunks as well.",
        NOT_WHAT,
    ),
)
def program_chunks(file: PngFile) -> Answer:
    """Chunks outside the standard and its registered extensions."""
    other = dict.fromkeys(_called(name) for name in file.names if name not in _KNOWN)
    return f"There are chunks outside the standard: {', '.join([*other][:4])}." if other else None


def _called(name: str) -> str:
    """A chunk's name where it is on a list: four letters of a stranger's choice may be a patient's."""
    if name in _KNOWN:
        return f"“{name}”"
    return f"“{name}” ({_OF_PROGRAMS[name]})" if name in _OF_PROGRAMS else "one of unknown name"


@BOOK.rule(
    "colour-profile",
    "No colour chunks",
    Strength.INFORMATION,
    Why(
        "A colour profile or gamma was written: by editors, screenshots and colour-managed programs.",
        "Operating systems add profiles when they convert pictures.",
        "It does not name the program.",
    ),
)
def colour_profile(file: PngFile) -> Answer:
    """The chunks iCCP, gAMA, cHRM, sRGB."""
    found = [name for name in ("iCCP", "gAMA", "cHRM", "sRGB") if name in file.names]
    if not found:
        return None
    name = file.body("iCCP")[:80].partition(b"\0")[0].decode("latin-1")
    known = _PROFILES.get(" ".join(name.lower().split()))
    profile = f", profile “{known}”" if known else ", a profile" if "iCCP" in found else ""
    return f"There are colour chunks: {', '.join(found)}{profile}."


@BOOK.rule(
    "alpha",
    "No transparency in use",
    Strength.NOTABLE,
    Why(
        "Parts of the picture are transparent, as layers of an editor are; no capturing device makes such pictures.",
        "Figures of papers, logos and cut-out pictures have transparency.",
        NOT_WHAT,
    ),
)
def alpha(file: PngFile) -> Answer:
    """An alpha channel that is not opaque everywhere."""
    if file.colour_type not in (4, 6):
        return Skip("the picture has no alpha channel")
    pixels = samples(file.data, ("PNG",), "RGBA")
    if pixels is None:
        return Skip("the picture cannot be decoded")
    share = float(np.mean(pixels[:, :, 3] < 255))
    return f"{100 * share:.1f} % of the pixels are not opaque." if share > 0 else None


@BOOK.rule(
    "alpha-unused",
    "No unused alpha channel",
    Strength.INFORMATION,
    Why(
        "There is an alpha channel although everything is opaque: an editor, a browser or a screenshot wrote the file.",
        "Many conversion scripts write four channels whatever they are given.",
        "It does not name the program.",
    ),
)
def alpha_unused(file: PngFile) -> Answer:
    """Colour type 4 or 6, all opaque."""
    if file.colour_type not in (4, 6):
        return Skip("the picture has no alpha channel")
    pixels = samples(file.data, ("PNG",), "RGBA")
    if pixels is None:
        return Skip("the picture cannot be decoded")
    return "There is an alpha channel, and every pixel is opaque." if bool((pixels[:, :, 3] == 255).all()) else None


@BOOK.rule(
    "jpeg-past",
    "No trace of an earlier JPEG",
    Strength.INFORMATION,
    Why(
        "The pixels show the block grid of a JPEG: the picture was a JPEG before it was saved without loss.",
        "Data sets and archives are often converted from JPEG; some devices write JPEG only.",
        "It does not say what happened between.",
    ),
)
def past(file: PngFile) -> Answer:
    """DCT traces in the pixels (see ``detector.jpeg``)."""
    if file.depth > 8:
        return Skip("the picture has more than 8 bits a sample")
    return jpeg_past(samples(file.data, ("PNG",), "RGB"))
