"""Rules on the order of a DICOM file's dates. No date is quoted: dates may tell who the patient is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from detector.structure.dicom_reading import DicomFile
from detector.structure.model import Answer, Book, Skip, Strength, Why
from detector.structure.rules_exif import apart

BOOK = Book("dicom")
_NOT_WHICH = "Which of the dates is wrong is not known."
_STAGES = (
    ("study", 0x00080020, 0x00080030),
    ("series", 0x00080021, 0x00080031),
    ("acquisition", 0x00080022, 0x00080032),
    ("content", 0x00080023, 0x00080033),
)
_CREATED, _CREATED_TIME = 0x00080012, 0x00080013
_BIRTH, _AGE = 0x00100030, 0x00101010
_DATES = (*(day for _, day, _ in _STAGES), _CREATED)
_LEEWAY = timedelta(minutes=10)
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}


def day_of(text: str) -> date | None:
    """A DA value (also as ACR-NEMA wrote it), or None where it is none."""
    plain = text.replace(".", "")
    try:
        return date(int(plain[:4]), int(plain[4:6]), int(plain[6:8])) if len(plain) == 8 else None
    except ValueError:
        return None


def _moment(file: DicomFile, day: int, clock: int) -> datetime | None:
    when, at = day_of(file.text(day)), file.text(clock).replace(":", "").split(".")[0]
    if when is None or len(at) < 4 or not at.isdigit():
        return None
    try:
        return datetime.combine(when, time(int(at[:2]), int(at[2:4]), min(59, int(at[4:6] or 0))))
    except ValueError:
        return None


@BOOK.rule(
    "date-order",
    "Series, acquisition and content in order",
    Strength.NOTABLE,
    Why(
        "A later step of an examination is dated days before an earlier one: a date was changed, or the "
        "parts are of several examinations.",
        "Anonymisation shifts dates one by one; series are moved to another study.",
        _NOT_WHICH,
    ),
)
def order(file: DicomFile) -> Answer:
    """Each date against the next one that is there, by whole days; one day is let pass for midnight."""
    return _backwards(file, _STAGES[1:])


@BOOK.rule(
    "study-date",
    "The study's date comes first",
    Strength.INFORMATION,
    Why(
        "The study is dated days after something in it: its date was changed, or the parts are of several "
        "examinations.",
        "Teaching files and anonymised ones get a new study date; older series are put into a newer study.",
        _NOT_WHICH,
    ),
)
def study_date(file: DicomFile) -> Answer:
    """Study Date later than series, acquisition or content, by more than a day."""
    if day_of(file.text(_STAGES[0][1])) is None:
        return Skip("there is no study date")
    answers = [_backwards(file, (_STAGES[0], later)) for later in _STAGES[1:]]
    said = [each for each in answers if isinstance(each, str)]
    return said[0] if said else answers[0] if all(isinstance(each, Skip) for each in answers) else None


def _backwards(file: DicomFile, stages: tuple[tuple[str, int, int], ...]) -> Answer:
    """The widest step back among ``stages``, if any is more than a day."""
    known = [(name, when) for name, day, _ in stages if (when := day_of(file.text(day))) is not None]
    if len(known) < 2:
        return Skip("fewer than two of the dates are there")
    back = [
        (first[0], second[0], (first[1] - second[1]).days)
        for at, first in enumerate(known)
        for second in known[at + 1 :]
        if (first[1] - second[1]).days > 1
    ]
    if not back:
        return None
    early, late, days = max(back, key=lambda one: one[2])
    return f"The {late} date lies {apart(86_400.0 * days)} before the {early} date."


@BOOK.rule(
    "time-order",
    "Acquisition before content",
    Strength.NOTABLE,
    Why(
        "The picture's content is timed before it was acquired: a time was changed, or picture and header "
        "are of two acquisitions.",
        "Clocks of console and scanner differ; some devices write the start of the series for all.",
        _NOT_WHICH,
    ),
)
def time_order(file: DicomFile) -> Answer:
    """Content time earlier than acquisition time on one day, by more than ten minutes."""
    first, second = _moment(file, *_STAGES[2][1:]), _moment(file, *_STAGES[3][1:])
    if first is None or second is None:
        return Skip("acquisition and content are not both timed")
    early = first - second
    if not _LEEWAY < early < timedelta(days=1):
        return None
    return f"The content is timed {apart(early.total_seconds())} before its acquisition."


@BOOK.rule(
    "created-before",
    "Made after it was captured",
    Strength.STRONG,
    Why(
        "The object says that it was made before its content was captured, which cannot be: one of the "
        "dates was changed.",
        "The clocks of two machines differ by that much, or an anonymiser shifted one of the dates alone.",
        _NOT_WHICH,
    ),
)
def created_before(file: DicomFile) -> Answer:
    """Instance Creation Date more than a day before acquisition or content."""
    made = day_of(file.text(_CREATED))
    captured = [when for _, day, _ in _STAGES[2:] if (when := day_of(file.text(day))) is not None]
    if made is None or not captured:
        return Skip("the dates are not there")
    early = (min(captured) - made).days
    return f"The object was made {apart(86_400.0 * early)} before its content was captured." if early > 1 else None


@BOOK.rule(
    "created-later",
    "Made when it was captured",
    Strength.INFORMATION,
    Why(
        "The object was made long after its content was captured: it is a later version of the picture.",
        "Reconstruction anew, post-processing, migration and anonymisation make objects later.",
        "What the earlier version was like is not known.",
    ),
)
def created_later(file: DicomFile) -> Answer:
    """Instance Creation Date more than a week after content or acquisition."""
    made = day_of(file.text(_CREATED))
    captured = [when for _, day, _ in _STAGES[2:] if (when := day_of(file.text(day))) is not None]
    if made is None or not captured:
        return Skip("the dates are not there")
    late = (made - max(captured)).days
    return f"The object was made {apart(86_400.0 * late)} after its content was captured." if late > 7 else None


@BOOK.rule(
    "date-form",
    "Dates are dates",
    Strength.NOTABLE,
    Why(
        "A date is not one that the calendar has: no device writes it, a person or a script did.",
        "Anonymisation writes zeros or other fillers.",
        "Nothing is said about the picture.",
    ),
)
def date_form(file: DicomFile) -> Answer:
    """Values of VR DA that are no date; zeros and blanks count as left out."""
    said = [text for tag in _DATES if (text := file.text(tag)).strip("0* ")]
    if not said:
        return Skip("there are no dates")
    wrong = sum(day_of(text) is None for text in said)
    return f"{wrong} of {len(said)} dates of the examination are no dates of the calendar." if wrong else None


@BOOK.rule(
    "age",
    "The patient's age fits the dates",
    Strength.INFORMATION,
    Why(
        "The age stated is not that from birth to examination: header and picture may be of two persons, "
        "or a date was changed.",
        "Anonymisation changes the date of birth and leaves the age, or the other way round.",
        _NOT_WHICH,
    ),
)
def age(file: DicomFile) -> Answer:
    """Patient's Age against Birth Date and Study Date, within two years."""
    born, seen, said = day_of(file.text(_BIRTH)), day_of(file.text(_STAGES[0][1])), file.text(_AGE)
    if born is None or seen is None or len(said) != 4 or not said[:3].isdigit() or said[3] not in _YEARS:
        return Skip("age, birth and examination are not all there")
    if not int(said[:3]) or seen < born:
        return None if seen >= born else "The examination is dated before the patient's birth."
    years = (seen - born).days / 365.25
    claimed = int(said[:3]) * _YEARS[said[3]]
    return "The patient's age is not that between birth and examination." if abs(years - claimed) > 2 else None
