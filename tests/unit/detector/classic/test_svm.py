"""A support vector machine as arrays answers what scikit-learn answers."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.svm import SVC

from detector import svm
from detector.errors import WeightsUnusable


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(3)
    vectors = rng.normal(5, 3, (240, 8)).astype(np.float32)
    labels = (((vectors - 5) ** 2).sum(1) + rng.normal(0, 20, 240) > 70).astype(int)
    scale = svm.scaling(vectors)
    inputs = svm.standardised(scale, vectors)
    machine = SVC(C=3.0, gamma=0.07).fit(inputs, labels)
    calibrated = CalibratedClassifierCV(FrozenEstimator(machine), method="sigmoid").fit(inputs, labels)
    sigmoid = calibrated.calibrated_classifiers_[0].calibrators[0]
    return vectors, machine, calibrated, svm.from_sklearn(machine, scale, (sigmoid.a_, sigmoid.b_))


def test_the_decision_values_are_scikit_learns(fitted):
    vectors, machine, _, arrays = fitted
    expected = machine.decision_function(svm.standardised(arrays, vectors))
    assert np.ptp(expected) > 1
    assert svm.decide(arrays, vectors) == pytest.approx(expected, abs=1e-6)


def test_the_probabilities_are_scikit_learns(fitted):
    vectors, _, calibrated, arrays = fitted
    expected = calibrated.predict_proba(svm.standardised(arrays, vectors))[:, 1]
    assert svm.probability(arrays, svm.decide(arrays, vectors)) == pytest.approx(expected, abs=1e-6)


def test_a_feature_that_does_not_vary_does_no_harm():
    vectors = np.ones((5, 3), np.float32)
    assert (svm.standardised(svm.scaling(vectors), vectors) == 0).all()


def test_a_far_vector_has_a_finite_answer(fitted):
    _, machine, _, arrays = fitted
    assert svm.decide(arrays, np.full((1, 8), 1e9)) == pytest.approx([machine.intercept_[0]])


def test_a_machine_over_other_features_is_refused(fitted):
    with pytest.raises(WeightsUnusable, match="shape"):
        svm.check(fitted[3], 9)


def test_a_sound_machine_passes_the_check(fitted):
    svm.check(fitted[3], 8)


def test_another_kernel_is_refused(fitted):
    machine = SVC(kernel="linear").fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="RBF"):
        svm.from_sklearn(machine, fitted[3], (-1.0, 0.0))
