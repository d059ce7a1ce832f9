"""Rules on where a DICOM file says it comes from: original or derived, and by which software."""

from __future__ import annotations

from detector.structure.dicom_reading import PIXELS, DicomFile
from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.rules_dicom_identity import CLASS, DEIDENTIFIED, IMAGE_TYPE
from detector.structure.told import NOT_WHAT
from detector.structure.tools import converter_in, editor_in

BOOK = Book("dicom")
_SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
_DERIVATION, _DERIVATION_CODE, _SOURCE_IMAGES, _CONVERSION = 0x00082111, 0x00089215, 0x00082112, 0x00080064
_IMPLEMENTATION = 0x00020013
_CONVERTED = {"DV", "DI", "DF", "WSD", "SD", "SI", "DRW", "SYN"}
_SOFTWARE_TAGS = (
    0x00080070,  # Manufacturer
    0x00081090,  # Manufacturer's Model Name
    0x00181020,  # Software Versions
    0x00181016,  # Secondary Capture Device Manufacturer
    0x00181018,  # … Model Name
    0x00181019,  # … Software Versions
    0x00082111,  # Derivation Description
    0x00204000,  # Image Comments
    0x00081010,  # Station Name
)


@BOOK.rule(
    "original-derived",
    "An original was not derived",
    Strength.NOTABLE,
    Why(
        "The object calls itself a device's original and says that it was derived from another one.",
        "Compression is noted as a derivation by programs that leave the type as it was.",
        NOT_WHAT,
    ),
)
def original_derived(file: DicomFile) -> Answer:
    """Image Type ORIGINAL with a derivation that is described and is neither compression nor de-identification."""
    if not file.text(IMAGE_TYPE).startswith("ORIGINAL"):
        return Skip("the object does not call itself original")
    described = file.text(_DERIVATION).lower()
    harmless = any(word in described for word in ("compress", "jpeg", "lossy", "ratio", "identif", "anonym", "wavelet"))
    if harmless or not described:
        return None
    return "The object calls itself ORIGINAL and describes how it was derived."


@BOOK.rule(
    "source-image",
    "An original names no source image",
    Strength.INFORMATION,
    Why(
        "The object calls itself a device's original and names another picture as its source.",
        "Scanners name the localizer or the raw picture as a source.",
        NOT_WHAT,
    ),
)
def source_image(file: DicomFile) -> Answer:
    """Image Type ORIGINAL with a Source Image Sequence."""
    if not file.text(IMAGE_TYPE).startswith("ORIGINAL"):
        return Skip("the object does not call itself original")
    return "The object calls itself ORIGINAL and names a source image." if file.filled(_SOURCE_IMAGES) else None


@BOOK.rule(
    "original-secondary",
    "An original is no secondary capture",
    Strength.INFORMATION,
    Why(
        "The object calls itself a device's original and is kept as a secondary capture: it was taken "
        "from a screen, a film or a file.",
        "Devices without a class of their own send secondary captures and call them original.",
        NOT_WHAT,
    ),
)
def original_secondary(file: DicomFile) -> Answer:
    """Image Type ORIGINAL with a Secondary Capture class or a conversion type."""
    if not file.text(IMAGE_TYPE).startswith("ORIGINAL"):
        return Skip("the object does not call itself original")
    if file.text(CLASS).startswith(_SECONDARY):
        return "The object calls itself ORIGINAL and is a secondary capture."
    if file.text(_CONVERSION) in _CONVERTED - {"SYN"}:
        return "The object calls itself ORIGINAL and states how it was converted."
    return None


@BOOK.rule(
    "derived",
    "Not derived from another object",
    Strength.INFORMATION,
    Why(
        "The object says itself that its pixels were derived from another's.",
        "Reformats, subtractions and lossy compression are derived; that is what the type is for.",
        "What was done is known only as far as it is described.",
    ),
)
def derived(file: DicomFile) -> Answer:
    """Image Type DERIVED, with or without a description."""
    if not file.text(IMAGE_TYPE):
        return Skip("the object does not say its type")
    if not file.text(IMAGE_TYPE).startswith("DERIVED"):
        return None
    described = file.text(_DERIVATION) or file.filled(_DERIVATION_CODE)
    return "The object calls itself DERIVED" + (" and describes how." if described else " and does not say how.")


@BOOK.rule(
    "editor",
    "No picture editor is named",
    Strength.NOTABLE,
    Why(
        "The header names a program made for changing pictures, which makes no medical objects by itself.",
        "Figures for teaching are put back into archives so; ImageJ is what laboratories look at pictures with.",
        NOT_WHAT,
    ),
)
def editor(file: DicomFile) -> Answer:
    """Manufacturer, model, software versions, derivation and comments."""
    name = editor_in([*(file.text(tag)[:500] for tag in _SOFTWARE_TAGS), file.text(_IMPLEMENTATION)])
    return f"The header names {name}, a picture editor." if name else None


@BOOK.rule(
    "toolkit",
    "No general toolkit is named as the device",
    Strength.NOTABLE,
    Why(
        "Manufacturer, model or software is that of a library or converter: a script made this object or its header.",
        "Research workflows convert and anonymise with such libraries, and some devices are built on them.",
        NOT_WHAT,
    ),
)
def toolkit(file: DicomFile) -> Answer:
    """The same attributes but the file header, against libraries and converters."""
    if PIXELS not in file.top:
        return Skip("the object holds no picture")
    name = converter_in(file.text(tag)[:500] for tag in _SOFTWARE_TAGS[:6])
    return f"The header names {name} as the device or its software." if name else None


@BOOK.rule(
    "writer",
    "Last written by a device or archive",
    Strength.INFORMATION,
    Why(
        "The file header names the library that wrote this file last.",
        "Archives, viewers and many devices are built on these libraries.",
        NOT_WHAT,
    ),
)
def writer(file: DicomFile) -> Answer:
    """Implementation Version Name."""
    said = file.text(_IMPLEMENTATION)
    if not said:
        return Skip("the file header does not say it")
    name = converter_in([said])
    return f"The file was written last by {name}." if name else None


@BOOK.rule(
    "deidentified",
    "Not de-identified",
    Strength.INFORMATION,
    Why(
        "The object says that the patient's identity was removed, so its header was written anew.",
        "That is done for teaching, research and disclosure, and explains new identifiers and dates.",
        "Whether anything else was changed is not said.",
    ),
)
def deidentified(file: DicomFile) -> Answer:
    """Patient Identity Removed YES."""
    return "The header says that the patient's identity was removed." if file.text(DEIDENTIFIED) == "YES" else None


@BOOK.rule(
    "original-attributes",
    "No attributes were replaced",
    Strength.INFORMATION,
    Why(
        "The object keeps what attributes were before somebody changed them.",
        "Archives correct names and numbers of patients and orders, and note it here as the standard asks.",
        "Changes that nobody noted are not seen.",
    ),
)
def original_attributes(file: DicomFile) -> Answer:
    """Original Attributes Sequence."""
    return "The header notes that attributes were changed since." if file.filled(0x04000561) else None
