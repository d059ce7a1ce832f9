"""Copy or original: which methods are asked."""

import numpy as np

from detector.evaluation.columns import DECIDING, Answers, columns
from detector.evaluation.outcomes import Outcome


def test_the_copy_is_told_by_the_methods_that_decide_alone() -> None:
    outcome = Outcome(
        path="a", forged=True, source="s", modality="m", group="g", pair="p", forgery="copy-move", area=0.1,
        history="A", first_quality=None, last_quality=None, regime="jpeg", score=1.0, reason="", failed=False,
        seconds=0.0, pixels=1, heat=((200, 0, 1),), copy_heat=0.9, origin_heat=0.1,
    )  # fmt: skip
    right = [float(columns([Answers(name, "honest", 1, [outcome], None)]).right[0]) for name in (*DECIDING, "vgg")]
    assert right[:-1] == [1.0] * len(DECIDING)
    assert np.isnan(right[-1])
