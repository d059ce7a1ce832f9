"""Rules on a DICOM file's identifiers: SOP class, instance, modality, UIDs and whose they are."""

from __future__ import annotations

import re

from detector.structure.dicom_reading import PIXELS, DicomFile
from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.tools import toolkit_of

BOOK = Book("dicom")
CLASS, INSTANCE, STUDY, SERIES = 0x00080016, 0x00080018, 0x0020000D, 0x0020000E
MODALITY, MANUFACTURER, IMAGE_TYPE, DEIDENTIFIED = 0x00080060, 0x00080070, 0x00080008, 0x00120062
_META_CLASS, _META_INSTANCE = 0x00020002, 0x00020003
_STORAGE = "1.2.840.10008.5.1.4.1.1."
_MODALITIES = {
    "1": {"CR"},
    "1.1": {"DX", "PX"},
    "1.1.1": {"DX", "PX"},
    "1.2": {"MG"},
    "1.2.1": {"MG"},
    "1.3": {"IO", "PX"},
    "1.3.1": {"IO", "PX"},
    "2": {"CT"},
    "2.1": {"CT"},
    "3.1": {"US"},
    "4": {"MR"},
    "4.1": {"MR"},
    "6.1": {"US", "IVUS"},
    "6.2": {"US"},
    "12.1": {"XA"},
    "12.2": {"RF", "XA"},
    "13.1.3": {"MG"},
    "20": {"NM"},
    "77.1.1": {"ES"},
    "77.1.2": {"GM"},
    "77.1.4": {"XC"},
    "77.1.5.1": {"OP"},
    "77.1.6": {"SM"},
    "128": {"PT"},
}
_UID = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+")
_SAME_ROOT = 5  # components after which a root names the organisation, nearly always


@BOOK.rule(
    "meta-class",
    "File header and data set name one class",
    Strength.STRONG,
    Why(
        "The file header names another class of object than the data set: one was exchanged without the other.",
        "A converter rewrote the data set and kept the old file header.",
        "Which of the two is the original is not known.",
    ),
)
def meta_class(file: DicomFile) -> Answer:
    """Media Storage SOP Class UID against SOP Class UID."""
    return _same(file, _META_CLASS, CLASS, "class")


@BOOK.rule(
    "meta-instance",
    "File header and data set name one instance",
    Strength.STRONG,
    Why(
        "The file header names another object than the data set: one was exchanged without the other.",
        "An anonymiser gave the data set a new name and left the file header.",
        "Which of the two is the original is not known.",
    ),
)
def meta_instance(file: DicomFile) -> Answer:
    """Media Storage SOP Instance UID against SOP Instance UID."""
    return _same(file, _META_INSTANCE, INSTANCE, "instance")


def _same(file: DicomFile, outer: int, inner: int, what: str) -> Answer:
    first, second = file.text(outer), file.text(inner)
    if not first or not second:
        return Skip(f"the {what} is not named twice")
    return None if first == second else f"The file header names another {what} than the data set."


@BOOK.rule(
    "modality",
    "The class of object is the modality's",
    Strength.NOTABLE,
    Why(
        "An object of this class is made by another modality: class or modality was changed.",
        "Devices of two modalities, and migrations from old formats, write such files.",
        "Nothing is said about the picture.",
    ),
)
def modality(file: DicomFile) -> Answer:
    """SOP Class UID against Modality, for classes that one modality makes."""
    said, kind = file.text(MODALITY), file.text(CLASS)
    wanted = _MODALITIES.get(kind.removeprefix(_STORAGE)) if kind.startswith(_STORAGE) else None
    if wanted is None or not said:
        return Skip("the class goes with any modality, or there is none")
    return None if said in wanted else f"The class is one of {' or '.join(sorted(wanted))}; another modality is stated."


@BOOK.rule(
    "uid-form",
    "UIDs are well formed",
    Strength.NOTABLE,
    Why(
        "An identifier is not of the form that the standard asks for: no conforming device wrote it.",
        "Old devices, and identifiers made by hand for teaching.",
        "Nothing is said about the picture.",
    ),
)
def uid_form(file: DicomFile) -> Answer:
    """PS3.5 section 9: digits and dots, no leading zeros, at most 64 characters."""
    named = {"study": STUDY, "series": SERIES, "instance": INSTANCE, "class": CLASS}
    said = {name: text for name, tag in named.items() if (text := file.text(tag))}
    if not said:
        return Skip("there are no identifiers")
    wrong = [name for name, text in said.items() if len(text) > 64 or not _UID.fullmatch(text)]
    return f"The identifier of {', '.join(wrong)} is not well formed." if wrong else None


@BOOK.rule(
    "uid-same",
    "Study, series and instance have identifiers of their own",
    Strength.NOTABLE,
    Why(
        "One identifier stands for two things: a script without knowledge of the standard made the header.",
        "Old devices did that as well.",
        "Nothing is said about the picture.",
    ),
)
def uid_same(file: DicomFile) -> Answer:
    """No two of study, series and instance UID are equal."""
    said = [text for tag in (STUDY, SERIES, INSTANCE) if (text := file.text(tag))]
    if len(said) < 2:
        return Skip("fewer than two identifiers are there")
    return "One identifier is used twice among study, series and instance." if len(set(said)) < len(said) else None


@BOOK.rule(
    "uid-missing",
    "The identifiers are there",
    Strength.NOTABLE,
    Why(
        "An object that a device made has class, instance, study and series; one of them is missing.",
        "Anonymisation or a converter took it out; files without file header are parts of something.",
        "Nothing is said about the picture.",
    ),
)
def uid_missing(file: DicomFile) -> Answer:
    """Type 1 attributes of every image (PS3.3 C.7.2, C.7.3, C.12.1)."""
    if PIXELS not in file.top:
        return Skip("the object holds no picture")
    named = {"class": CLASS, "instance": INSTANCE, "study": STUDY, "series": SERIES}
    lacking = [name for name, tag in named.items() if not file.text(tag)]
    return f"There is no identifier of {', '.join(lacking)}." if lacking else None


@BOOK.rule(
    "uid-toolkit",
    "A scanner's picture has a scanner's identifier",
    Strength.INFORMATION,
    Why(
        "The object says that it is a device's original, and its identifier was made up by a general "
        "toolkit: it was written anew.",
        "Anonymisation gives new identifiers; smaller manufacturers build on such toolkits.",
        "It does not say what else was changed.",
    ),
)
def uid_toolkit(file: DicomFile) -> Answer:
    """SOP Instance UID below a toolkit's root in an ORIGINAL object that names a manufacturer."""
    if not file.text(MANUFACTURER) or not file.text(IMAGE_TYPE).startswith("ORIGINAL"):
        return Skip("the object does not claim to be a device's original")
    if file.text(DEIDENTIFIED) == "YES":
        return Skip("the header says that it was de-identified")
    name = toolkit_of(file.text(INSTANCE))
    return f"The identifier of the object was made by {name}." if name else None


@BOOK.rule(
    "uid-roots",
    "Series and instance were named by one maker",
    Strength.INFORMATION,
    Why(
        "A device names series and instance; here they lie below two roots, so the instance was named by "
        "another program.",
        "Post-processing stations, archives and anonymisation name instances.",
        "It does not say what else was changed.",
    ),
)
def uid_roots(file: DicomFile) -> Answer:
    """The first five components of series and instance UID."""
    first, second = (file.text(tag).split(".")[:_SAME_ROOT] for tag in (SERIES, INSTANCE))
    if len(first) < _SAME_ROOT or len(second) < _SAME_ROOT:
        return Skip("series or instance has no long identifier")
    return None if first == second else "Series and instance have identifiers of two makers."
