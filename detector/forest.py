"""A random forest as flat arrays: made from scikit-learn when training, walked with numpy when serving.

``arrays`` have one entry a node, all trees one after another, each tree depth first: a left child follows its parent.

- ``feature`` uint8: the feature a node looks at; 255 for a leaf;
- ``value`` float32: the threshold of a node (at most: left), the probability of class 1 of a leaf;
- ``right`` uint16: the right child, counted from the root of its tree; 0 for a leaf;
- ``roots`` int32, one a tree: where it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from detector.errors import WeightsUnusable

LEAF = 255
_DTYPES = {"feature": np.uint8, "value": np.float32, "right": np.uint16, "roots": np.int32}

Arrays = Mapping[str, npt.NDArray[Any]]


def from_sklearn(forest: Any) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a fitted ``RandomForestClassifier`` of the classes 0 and 1, in that order.

    Thresholds are rounded down to float32, which changes no answer: scikit-learn compares them with float32 features.
    ValueError for other classes, 255 features or more, or a tree of 65,536 nodes or more.
    """
    if list(forest.classes_) != [0, 1] or forest.n_features_in_ >= LEAF:
        raise ValueError(f"expected classes 0, 1 and < 255 features, found {forest.classes_}, {forest.n_features_in_}")
    trees = [tree.tree_ for tree in forest.estimators_]
    sizes = [tree.node_count for tree in trees]
    if max(sizes) >= 1 << 16:
        raise ValueError(f"expected trees under 65,536 nodes, found {max(sizes)}: limit their depth")
    parts = [_tree(tree) for tree in trees]
    feature, value, right = (np.concatenate(column) for column in zip(*parts, strict=True))
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    return {"feature": feature, "value": value, "right": right, "roots": roots}


def _tree(tree: Any) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.uint16]]:
    leaf = tree.children_left < 0
    if not (tree.children_left[~leaf] == np.flatnonzero(~leaf) + 1).all():
        raise ValueError("expected the nodes of a tree depth first, found another order")
    shares = tree.value[:, 0, 1] / tree.value[:, 0, :].sum(-1)
    feature = np.where(leaf, LEAF, tree.feature).astype(np.uint8)
    value = np.where(leaf, shares.astype(np.float32), _rounded_down(tree.threshold))
    return feature, value, np.where(leaf, 0, tree.children_right).astype(np.uint16)


def _rounded_down(numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    near = numbers.astype(np.float32)
    return np.where(near.astype(np.float64) > numbers, np.nextafter(near, np.float32(-np.inf)), near)


def check(arrays: Arrays, features: int) -> None:
    """Nothing, when ``arrays`` are a forest over that many features whose every walk ends; else WeightsUnusable."""
    if set(arrays) != set(_DTYPES) or any(arrays[name].dtype != kind for name, kind in _DTYPES.items()):
        raise WeightsUnusable(f"expected the arrays {', '.join(_DTYPES)} of a forest, found {', '.join(arrays)}")
    feature, roots = arrays["feature"], arrays["roots"]
    nodes = len(feature)
    if any(arrays[name].shape != (nodes,) for name in ("value", "right")) or not len(roots) or roots[0] != 0:
        raise WeightsUnusable("expected one value and one right child a node and a first root at 0, found otherwise")
    sizes = np.diff(roots, append=nodes)
    if (sizes < 1).any() or int(feature[feature != LEAF].max(initial=0)) >= features:
        raise WeightsUnusable(f"expected trees over {features} features, found an empty tree or another feature")
    within = np.arange(nodes) - np.repeat(roots, sizes)
    inner = feature != LEAF
    ahead = (arrays["right"] > within) & (arrays["right"] < np.repeat(sizes, sizes))
    if not ahead[inner].all():
        raise WeightsUnusable("expected children behind their parents within a tree, found another order")


def predict(arrays: Arrays, inputs: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The mean over the trees of the leaf probability of class 1 for each of ``inputs`` (n, features): (n,)."""
    samples = np.asarray(inputs, np.float32)
    feature, value, roots = arrays["feature"], arrays["value"], arrays["roots"]
    node = np.tile(roots.astype(np.int64), (len(samples), 1))
    rows = np.arange(len(samples))[:, None]
    while True:
        looked_at = feature[node]
        inner = looked_at != LEAF
        if not inner.any():
            return np.asarray(value[node].mean(axis=1, dtype=np.float64))
        left = samples[rows, np.where(inner, looked_at, 0)] <= value[node]
        child = np.where(left, node + 1, roots + arrays["right"][node])
        node = np.where(inner, child, node)
