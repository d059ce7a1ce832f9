"""One call for one picture, with a method whose evidence is known and a calibration fitted to made scores."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from detector import predict
from detector.calibrate import Calibration
from detector.errors import UnknownMethod, UnreadablePicture, WeightsUnusable
from detector.pictures import usable
from detector.serving import write_manifest
from detector.types import Band, Evidence, Finding, Regime


class Made:
    """Answers with the picture's largest value as score, and marks the left quarter."""

    name, version = "ela_cnn", "9"

    def applicable(self, pixels, jpeg):
        return usable(pixels)

    def examine(self, pixels, *, jpeg=None, lossy=False):
        heat = np.zeros(pixels.shape[:2], np.float32)
        heat[:, : pixels.shape[1] // 4] = 1
        return Evidence(float(pixels.max()), heat, (Finding("made", "a", "b", "c"),), {"half": 0.5})


@pytest.fixture
def weights(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.normal(50, 10, 60), rng.normal(200, 10, 60)])
    labels = [0] * 60 + [1] * 60
    folder = tmp_path / "ela_cnn"
    folder.mkdir()
    Calibration.fit(scores, labels, ["lossless"] * 120).save(folder / "calibration.json")
    write_manifest(folder, method="ela_cnn", version="9")
    monkeypatch.setattr(predict, "load", lambda name, weights: Made())
    return tmp_path


def analyze(pixels, **more):
    """With the made method in the place of ``ela_cnn``."""
    return predict.analyze(pixels, method="ela_cnn", **more)


def picture(largest):
    return np.random.default_rng(1).integers(0, largest + 1, (80, 80), dtype=np.uint8)


def test_a_high_score_is_called_altered_with_its_mask_and_area(weights):
    found = analyze(picture(220), weights=weights)
    assert (found.applicable, found.band, found.regime) == (True, Band.ALTERED, Regime.LOSSLESS)
    assert found.score == 220 and found.probability > 0.9
    assert found.likelihood_bounds[0] < 1 < found.likelihood_ratio <= found.likelihood_bounds[1] < 61
    assert found.area_percent == 25.0 and found.mask[:, :20].all() and not found.mask[:, 20:].any()
    assert found.area_interval[0] <= 25.0 <= found.area_interval[1]
    assert found.findings[0].code == "made" and found.figures == {"half": 0.5} and found.rates["n_forged"] == 60


def test_a_mask_that_does_not_tell_the_area_has_a_finding_instead_of_an_interval(weights):
    path = weights / "ela_cnn" / "calibration.json"
    replace(Calibration.load(path), area_low=-60.0, area_high=-10.0).save(path)
    write_manifest(path.parent, method="ela_cnn", version="9")
    found = analyze(picture(220), weights=weights)
    assert found.area_percent == 25.0 and found.area_interval is None
    assert [finding.code for finding in found.findings] == ["made", "area_unmeasured"]


def frames(*largest):
    return [SimpleNamespace(pixels=picture(value), jpeg=None, lossy=False) for value in largest]


def test_of_several_frames_the_most_suspicious_is_returned_with_its_frame(weights):
    shown = [SimpleNamespace(pixels=np.full((1, 500), 3, np.uint8), jpeg=None, lossy=False), *frames(40, 220, 50)]
    frame, found = predict.Analyzer("ela_cnn", weights).analyze_frames(iter(shown))
    assert frame is shown[2] and found.score == 220


def test_the_most_suspicious_of_several_frames_has_no_likelihood_ratio(weights):
    analyzer = predict.Analyzer("ela_cnn", weights)
    assert analyzer.analyze_frames(frames(220))[1].likelihood_ratio is not None
    _, found = analyzer.analyze_frames(frames(40, 220))
    assert found.likelihood_ratio is found.likelihood_bounds is None


def test_the_chosen_frame_is_judged_as_one_of_those_that_could_be_judged(weights, monkeypatch):
    analyzer, asked = predict.Analyzer("ela_cnn", weights), []
    judge = predict.Analyzer.judge
    monkeypatch.setattr(predict.Analyzer, "judge", lambda self, seen, of=1: asked.append(of) or judge(self, seen, of))
    small = SimpleNamespace(pixels=np.full((1, 500), 3, np.uint8), jpeg=None, lossy=False)
    for shown in ([small, *frames(40, 220, 50)], frames(220), [small]):
        analyzer.analyze_frames(shown)
    assert asked == [3, 1, 1]


def test_what_one_picture_may_be_called_the_best_of_eight_may_not(weights):
    path = weights / "ela_cnn" / "calibration.json"
    fitted = Calibration.load(path)
    curves = {name: replace(curve, altered_above_of_8=1.0) for name, curve in fitted.curves.items()}
    replace(fitted, curves=curves).save(path)
    write_manifest(weights / "ela_cnn", method="ela_cnn", version="9")
    analyzer = predict.Analyzer("ela_cnn", weights)
    assert analyzer.analyze(picture(220)).band is Band.ALTERED
    assert analyzer.analyze_frames(frames(220))[1].band is Band.ALTERED
    assert analyzer.analyze_frames(frames(40, 220))[1].band is Band.INCONCLUSIVE


def test_a_high_score_of_a_picture_lossy_in_a_way_nobody_measured_is_inconclusive_and_says_why(weights):
    shown = SimpleNamespace(pixels=picture(220), jpeg=None, lossy=True)
    _, found = predict.Analyzer("ela_cnn", weights).analyze_frames([shown])
    assert (found.applicable, found.band, found.regime) == (True, Band.INCONCLUSIVE, Regime.LOSSY)
    assert "No pictures with this save history" in found.rates["note"]


def test_a_file_of_which_some_frames_were_not_looked_at_is_never_called_no_trace(weights):
    analyzer = predict.Analyzer("ela_cnn", weights)
    assert analyzer.analyze_frames(frames(40, 40), of=2)[1].band is Band.NO_TRACE
    assert analyzer.analyze_frames(frames(40, 40), of=3)[1].band is Band.INCONCLUSIVE
    assert analyzer.analyze_frames(frames(220), of=3)[1].band is Band.ALTERED


def test_that_none_of_the_frames_looked_at_can_be_examined_says_how_many_there_are(weights):
    flat = [SimpleNamespace(pixels=np.full((96, 96), level, np.uint8), jpeg=None, lossy=False) for level in (3, 4)]
    _, found = predict.Analyzer("ela_cnn", weights).analyze_frames(flat, of=20)
    assert not found.applicable
    assert found.reason.startswith("None of the 2 frames looked at, of 20, can be examined. Every pixel")


def test_no_frame_at_all_is_no_picture(weights):
    with pytest.raises(UnreadablePicture):
        predict.Analyzer("ela_cnn", weights).analyze_frames([])


def test_a_low_score_is_called_no_trace(weights):
    assert analyze(picture(40), weights=weights).band is Band.NO_TRACE


def test_what_a_method_cannot_judge_is_inconclusive_and_measures_nothing(weights):
    found = analyze(np.full((1, 500), 3, np.uint8), weights=weights)
    assert not found.applicable and "at least 64" in found.reason and found.band is Band.INCONCLUSIVE
    assert found.score is found.probability is found.heatmap is found.mask is found.area_percent is None


def test_the_compressed_file_decides_the_regime(weights, texture, save):
    data, pixels = save(save(texture(), 70)[1], 90)
    analyzer = predict.Analyzer("ela_cnn", weights)
    assert analyzer.analyze(pixels, jpeg=data).regime is Regime.JPEG_DOUBLE
    assert analyzer.analyze(pixels).regime is Regime.LOSSLESS_JPEG_TRACE


def test_an_array_that_is_no_picture_is_refused(weights):
    with pytest.raises(UnreadablePicture):
        analyze(np.zeros((80, 80), np.float64), weights=weights)


def test_a_method_without_calibration_is_unusable(weights):
    (weights / "ela_cnn" / "calibration.json").unlink()
    write_manifest(weights / "ela_cnn", method="ela_cnn", version="9")
    with pytest.raises(WeightsUnusable, match=r"calibration\.json"):
        predict.Analyzer("ela_cnn", weights)


def test_a_changed_calibration_is_unusable(weights):
    path = weights / "ela_cnn" / "calibration.json"
    body = json.loads(path.read_text())
    path.write_text(json.dumps(body | {"mask_threshold": 0.9}))
    with pytest.raises(WeightsUnusable, match="SHA-256"):
        predict.Analyzer("ela_cnn", weights)


def test_an_unknown_method_is_named(tmp_path):
    with pytest.raises(UnknownMethod, match="no_such"):
        predict.Analyzer("no_such", tmp_path)


@pytest.mark.parametrize("method", ["ela_cnn", "recompression_cnn", "vgg"])
def test_a_method_whose_folder_is_empty_is_unusable(method, tmp_path):
    with pytest.raises(WeightsUnusable, match="manifest"):
        predict.Analyzer(method, tmp_path)


def test_serving_imports_nothing_that_only_training_needs():
    code = (
        "import sys, detector.predict, detector.methods.ela_cnn, detector.methods.recompression_cnn, "
        "detector.methods.vgg, ai_edge_litert.interpreter\n"
        "print([name for name in ('tensorflow', 'keras', 'sklearn', 'scipy', 'matplotlib') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_the_weights_digest_is_that_of_the_manifest_which_names_every_file(weights) -> None:
    manifest = (weights / "ela_cnn" / "manifest.json").read_bytes()
    assert predict.Analyzer("ela_cnn", weights).weights_digest == hashlib.sha256(manifest).hexdigest()
