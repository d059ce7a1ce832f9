"""The detector on the command line: in ``verify``, and in the doctor's list."""

from __future__ import annotations

from detector.registry import METHODS
from ledger.cli.output import detection_facts
from ledger.schemas import Detection, DetectionFinding


def line_of(ran, name):
    return next(line for line in ran.lines if line["name"] == name)


def test_a_registered_image_is_examined_only_when_asked(run, images, monkeypatch):
    monkeypatch.setenv("MEDSEAL_DETECTOR", "crystal_ball")
    codes = []
    for options in ((), ("--examine",)):
        line = run("verify", images / "CT_small.dcm", *options, "--json").line
        assert line["verdict"] == "authentic"
        codes.append(line["checks"][10]["figures"]["code"])
    assert codes == ["not_needed", "detector_unknown"]


def test_an_image_is_verified_without_the_detector_and_the_reason_says_so(run, images):
    line = run("verify", images / "never-registered.png", "--json").line
    assert (line["verdict"], line["detection"]) == ("unregistered", None)
    assert line["checks"][10]["figures"] == {"code": "detector_off"}
    assert "the forgery detector gave no answer" in line["reason"]


def test_the_two_percentages_are_told_apart_in_words():
    found = Detection(
        method="ela_cnn",
        version="1",
        applicable=True,
        reason="large enough",
        regime="jpeg",
        band="altered",
        seconds=0.1,
        frame=0,
        frames=1,
        examined=1,
        width=96,
        height=64,
        area_percent=2.34,
        area_interval=(1.0, 6.0),
        ela_mean_percent=0.143,
        likelihood_ratio=6.0,
        likelihood_bounds=(0.025, 40.0),
        findings=[DetectionFinding(code="x", text="loss differs", meaning="m", limits="l")],
    )
    said = dict(detection_facts(found))
    assert said["marked area"] == "2.3 % of the picture, 90 % interval 1.0 to 6.0 %"
    assert said["ELA mean"] == "0.143 % (seed paper; a mean error level, not an area)"
    assert said["finding"] == "loss differs"

    assert said["likelihood ratio"].startswith(
        "6 (held-out pictures support 1/40 to 40): the evidence is about 6 times"
    )

    undecided = dict(detection_facts(found.model_copy(update={"band": "inconclusive"})))
    assert undecided["marked area"].startswith("no finding: the method cannot tell")


def test_the_doctor_says_that_the_detector_is_turned_off(run):
    line = line_of(run("doctor", "--json"), "detector")
    assert line["ok"]
    assert "turned off" in line["detail"]


def test_the_doctor_names_a_detector_that_cannot_work_and_what_to_do(run, monkeypatch):
    monkeypatch.setenv("MEDSEAL_DETECTOR", "crystal_ball")
    ran = run("doctor", "--json")
    line = line_of(ran, "detector")
    assert (ran.code, line["ok"]) == (1, False)
    assert all(name in line["detail"] for name in METHODS)
    assert "medseal analyze" in line["advice"]
