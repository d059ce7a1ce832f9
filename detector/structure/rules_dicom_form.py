"""Rules on how a DICOM file is written: order, lengths, private elements, what stands before and behind."""

from __future__ import annotations

from detector.structure.dicom_reading import DicomFile, Element
from detector.structure.model import Answer, Book, Skip, Strength, Why

BOOK = Book("dicom")
_BY_HAND = "Old devices and their converters write such files."
_NO_PICTURE = "Nothing is said about the picture."
_META_LENGTH, _PADDING = 0x00020000, 0xFFFCFFFC
_PROGRAMS = (b"MZ", b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa", b"PK\x03\x04", b"%PDF", b"#!")


@BOOK.rule(
    "order",
    "Elements stand in order, each once",
    Strength.NOTABLE,
    Why(
        "Elements are out of order or twice there, which no library writes: they were put in by hand.",
        _BY_HAND,
        _NO_PICTURE,
    ),
)
def order(file: DicomFile) -> Answer:
    """Ascending tags within each data set and item (PS3.5 section 7.1)."""
    wrong = sum(not each.sound for each in file.elements)
    return f"{wrong} of {len(file.elements)} elements do not stand in order, or stand there twice." if wrong else None


@BOOK.rule(
    "odd-length",
    "Values have even lengths",
    Strength.NOTABLE,
    Why(
        "A value has an odd length, which the standard forbids: a text was exchanged with an editor for bytes.",
        _BY_HAND,
        _NO_PICTURE,
    ),
)
def odd_length(file: DicomFile) -> Answer:
    """PS3.5 section 7.1.1; what is cut off at the end does not count."""
    plain = [each for each in (*file.meta, *file.elements) if not each.open]
    wrong = sum(each.length % 2 for each in (plain[:-1] if file.cut else plain))
    return f"{wrong} values have an odd number of bytes." if wrong else None


@BOOK.rule(
    "group-length",
    "Group lengths are right",
    Strength.INFORMATION,
    Why(
        "A group says that it has another length than it has: elements in it were changed, put in or taken out.",
        "Programs that rewrite a header often leave group lengths as they were.",
        "It does not say which elements.",
    ),
)
def group_length(file: DicomFile) -> Answer:
    """Group length elements (gggg,0000) of the data set, against where the next group begins."""
    tops = [each for each in file.elements if each.depth == 0]
    said = [(at, each) for at, each in enumerate(tops) if not each.tag & 0xFFFF and each.length == 4]
    if not said:
        return Skip("there are no group lengths")
    wrong = [f"{each.tag >> 16:04X}" for at, each in said if _claimed(file, each) != _real(file, tops, at)]
    return f"The length of group {', '.join(wrong[:4])} is not what the file says." if wrong else None


@BOOK.rule(
    "meta-length",
    "The file header is as long as it says",
    Strength.NOTABLE,
    Why(
        "The file header says another length than it has: it was changed after it was written.",
        "Some converters compute it wrongly.",
        _NO_PICTURE,
    ),
)
def meta_length(file: DicomFile) -> Answer:
    """File Meta Information Group Length (0002,0000)."""
    found = file.head.get(_META_LENGTH)
    if found is None or found.length != 4:
        return Skip("the file header does not say its length")
    claimed, real = int.from_bytes(file.raw(found), "little"), file.first - (found.offset + 4)
    return f"The file header says {claimed} bytes; it has {real}." if claimed != real else None


def _claimed(file: DicomFile, element: Element) -> int:
    return int.from_bytes(file.raw(element), "little" if file.order == "<" else "big")


def _real(file: DicomFile, tops: list[Element], at: int) -> int:
    group = tops[at].tag >> 16
    after = next((each for each in tops[at + 1 :] if each.tag >> 16 != group), None)
    return (after.start if after else file.stop) - (tops[at].offset + 4)


@BOOK.rule(
    "private",
    "Private elements have an owner",
    Strength.INFORMATION,
    Why(
        "Private elements stand there without the element that says whose they are: something took it out.",
        "Anonymisation and old devices do that.",
        "What the elements mean is not known.",
    ),
)
def private(file: DicomFile) -> Answer:
    """Private elements (gggg,xxyy) whose block (gggg,00xx) is not reserved (PS3.5 section 7.8.1)."""
    held = [tag for tag in file.top if tag >> 16 & 1 and tag >> 16 > 8 and tag & 0xFFFF >= 0x1000]
    if not held:
        return Skip("there are no private elements")
    lost = [tag for tag in held if not file.text(tag & 0xFFFF0000 | (tag & 0xFFFF) >> 8)]
    return f"{len(lost)} of {len(held)} private elements have no owner." if lost else None


@BOOK.rule(
    "cut-short",
    "The data set is whole",
    Strength.NOTABLE,
    Why(
        "The last element claims more than there is: the file was cut, or a length was changed.",
        "A transfer broke off.",
        "Nothing is said about what is there.",
    ),
)
def cut_short(file: DicomFile) -> Answer:
    """An element that reaches beyond the file."""
    return "The file ends within an element." if file.cut else None


@BOOK.rule(
    "appended",
    "Nothing follows the data set",
    Strength.NOTABLE,
    Why(
        "Something that is no element lies behind the data set, where no viewer looks.",
        "Tapes and old archives pad files to whole blocks.",
        "What it is for is not known.",
    ),
)
def appended(file: DicomFile) -> Answer:
    """Bytes behind the last element other than zeros."""
    rest = file.data[file.stop :]
    return f"{len(rest):,} bytes follow the data set." if rest.strip(b"\0") and not file.cut else None


@BOOK.rule(
    "preamble",
    "No program in the preamble",
    Strength.STRONG,
    Why(
        "The file begins like a program or document of another kind, so that it can be opened as that as well.",
        "None is known for programs; a TIFF header is allowed there and passes.",
        "What the program does is not looked at.",
    ),
)
def preamble(file: DicomFile) -> Answer:
    """The 128 bytes before DICM."""
    if not file.preamble:
        return Skip("the file has no preamble")
    return "The preamble begins like a program or document." if file.preamble.startswith(_PROGRAMS) else None


@BOOK.rule(
    "preamble-used",
    "The preamble is empty",
    Strength.INFORMATION,
    Why(
        "Something is written in the 128 bytes that applications may use as they like.",
        "Files that are TIFF and DICOM at once, and some archives, use them.",
        "What it is for is not known.",
    ),
)
def preamble_used(file: DicomFile) -> Answer:
    """A preamble of other bytes than zeros."""
    if not file.preamble:
        return Skip("the file has no preamble")
    return "The preamble is not empty." if file.preamble.strip(b"\0") else None


@BOOK.rule(
    "file-header",
    "There is a file header",
    Strength.INFORMATION,
    Why(
        "The file has no header of its own (PS3.10): it is a bare data set.",
        "Old archives and network captures keep data sets like that.",
        _NO_PICTURE,
    ),
)
def file_header(file: DicomFile) -> Answer:
    """No file meta information."""
    return None if file.meta else "There is no file meta information."
