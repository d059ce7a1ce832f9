"""Notices of native libraries are not heard, and only those."""

import os

import pytest

from detector.quiet import quiet_stderr


def test_what_is_written_past_python_is_dropped_meanwhile_and_heard_again_after(capfd):
    with quiet_stderr():
        os.write(2, b"a notice")
    os.write(2, b"an error")
    assert capfd.readouterr().err == "an error"


def test_an_error_goes_through_and_ends_the_silence(capfd):
    with pytest.raises(ValueError), quiet_stderr():
        raise ValueError
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
