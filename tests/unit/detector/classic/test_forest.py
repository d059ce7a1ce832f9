"""A forest as arrays answers what scikit-learn answers."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from detector import forest
from detector.errors import WeightsUnusable


def grown(**limits):
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(300, 12)).astype(np.float32)
    labels = (inputs[:, 0] * inputs[:, 3] + rng.normal(0, 0.4, 300) > 0).astype(int)
    return RandomForestClassifier(n_estimators=40, random_state=1, **limits).fit(inputs, labels), inputs


@pytest.mark.parametrize("limits", [{}, {"max_depth": 4, "min_samples_leaf": 5}])
def test_the_arrays_answer_as_scikit_learn_does(limits):
    model, inputs = grown(**limits)
    asked = np.concatenate([inputs, np.random.default_rng(9).normal(size=(500, 12)).astype(np.float32)])
    assert forest.predict(forest.from_sklearn(model), asked) == pytest.approx(
        model.predict_proba(asked)[:, 1], abs=1e-6
    )


def test_a_feature_exactly_at_its_threshold_goes_the_same_way():
    model, _ = grown(max_depth=3)
    at = [t.tree_.threshold[0] for t in model.estimators_]
    asked = np.repeat(np.array(at, np.float32)[:, None], 12, axis=1)
    assert forest.predict(forest.from_sklearn(model), asked) == pytest.approx(
        model.predict_proba(asked)[:, 1], abs=1e-6
    )


def test_other_classes_are_refused():
    inputs = np.arange(12.0).reshape(6, 2)
    model = RandomForestClassifier(n_estimators=2).fit(inputs, [1, 2, 1, 2, 1, 2])
    with pytest.raises(ValueError, match="classes 0, 1"):
        forest.from_sklearn(model)


def test_a_sound_forest_passes_the_check():
    forest.check(forest.from_sklearn(grown()[0]), 12)


def test_a_walk_that_would_not_end_is_refused():
    arrays = forest.from_sklearn(grown()[0])
    arrays["right"][0] = 0
    with pytest.raises(WeightsUnusable, match="children behind"):
        forest.check(arrays, 12)


def test_a_forest_over_more_features_than_the_method_has_is_refused():
    with pytest.raises(WeightsUnusable, match="another feature"):
        forest.check(forest.from_sklearn(grown()[0]), 5)


def test_arrays_of_another_kind_are_refused():
    arrays = forest.from_sklearn(grown()[0])
    arrays["value"] = arrays["value"].astype(np.float64)
    with pytest.raises(WeightsUnusable, match="arrays"):
        forest.check(arrays, 12)


def test_a_last_node_that_is_no_leaf_is_refused():
    arrays = forest.from_sklearn(grown()[0])
    arrays["feature"][-1] = 0
    with pytest.raises(WeightsUnusable, match="children behind"):
        forest.check(arrays, 12)
