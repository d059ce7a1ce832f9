"""Every error the detector raises on purpose.

::

    DetectorError
    ├── UnknownMethod          no method of that name
    ├── WeightsUnusable        a model file is missing or is not the one its manifest names
    ├── UnreadablePicture      not a picture, or of a shape or type no method takes
    ├── UnusableData           a data set that breaks its contract, or has too little for the task
    └── UnusableConfig         a configuration with an unknown key or a value out of range
"""

from __future__ import annotations


class DetectorError(Exception):
    """Base of all. ``code`` is stable; ``advice`` says what to do next."""

    code = "detector_error"
    advice = "Run the command again with --verbose and report what it prints."

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        if advice is not None:
            self.advice = advice


class UnknownMethod(DetectorError):
    """There is no method of that name."""

    code = "unknown_method"
    advice = "List the methods with: medseal analyze --list-methods"


class WeightsUnusable(DetectorError):
    """A model file is missing, or its digest is not the one in its manifest."""

    code = "weights_unusable"
    advice = "Install MedSeal again, or train the method: medseal train --method NAME --data DIR"


class UnreadablePicture(DetectorError):
    """The file is no picture, or the array has a shape or type that no method takes."""

    code = "unreadable_picture"
    advice = "Check that the file is complete and is DICOM, PNG, JPEG or TIFF."


class UnusableData(DetectorError):
    """A data set breaks its contract, or holds too little for what was asked."""

    code = "unusable_data"
    advice = "See detector/README.md for the kinds of data sets and what each must hold."


class UnusableConfig(DetectorError):
    """A configuration file has an unknown key or a value out of range."""

    code = "unusable_config"
    advice = "Compare it with the files in detector/configs."
