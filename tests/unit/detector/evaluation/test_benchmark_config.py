from typing import Any

import pytest

from detector.errors import UnusableConfig
from detector.evaluation.config import CONFIGS, load_config, read_config
from detector.registry import METHODS
from detector.training.config import settled

SMALL: dict[str, Any] = {"protocols": {"honest": {"count": 40}}, "methods": ["vgg"], "seeds": [4, 5]}


def test_the_shipped_run_has_all_methods_protocols_and_three_seeds() -> None:
    config = load_config()
    assert config.methods == tuple(METHODS)
    assert [protocol.name for protocol in config.protocols] == ["honest", "source-out", "paper", "leaky"]
    assert len(config.seeds) == 3


def test_the_papers_protocol_is_300_and_300_of_which_120_test() -> None:
    paper = next(protocol for protocol in load_config().protocols if protocol.name == "paper")
    assert (paper.count, round(paper.count * paper.test)) == (600, 120)


def test_every_shipped_setting_is_one_that_its_method_has() -> None:
    config = load_config()
    for method in config.methods:
        for protocol in config.protocols:
            settled(method, config.of(method).settings(protocol.name))


def test_a_choice_leaves_only_what_was_chosen() -> None:
    chosen = load_config().only(["vgg"], ["paper", "honest"], 2)
    assert chosen.methods == ("vgg",)
    assert [protocol.name for protocol in chosen.protocols] == ["paper", "honest"]
    assert len(chosen.seeds) == 2


def test_settings_for_one_protocol_lie_over_those_for_all() -> None:
    table = {"train": {"epochs": 9, "batch": 8}, "protocols": {"paper": {"epochs": 2}}}
    method = read_config({**SMALL, "settings": {"vgg": table}}).of("vgg")
    assert method.settings("honest") == {"epochs": 9, "batch": 8}
    assert method.settings("paper") == {"epochs": 2, "batch": 8}


@pytest.mark.parametrize(
    "change",
    [
        {"colour": "red"},
        {"methods": ["magic"]},
        {"seeds": 3},
        {"seeds": []},
        {"rounds": 0},
        {"protocols": {}},
        {"protocols": {"kind": {"count": 40}}},
        {"protocols": {"honest": {}}},
        {"protocols": {"honest": {"count": 40, "test": 0.9}}},
        {"protocols": {"honest": {"count": 40, "histories": ["D"]}}},
        {"protocols": {"source-out": {"count": 40}}},
        {"settings": {"vgg": {"limits": 3}}},
        {"settings": {"magic": {}}},
    ],
)
def test_what_no_run_can_have_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnusableConfig, match="expected"):
        read_config({**SMALL, **change})


def test_a_method_or_a_number_of_seeds_that_there_is_not_cannot_be_chosen() -> None:
    with pytest.raises(UnusableConfig, match="magic"):
        load_config().only(["magic"])
    with pytest.raises(UnusableConfig, match="seeds"):
        load_config().only(seeds=9)


def test_a_method_that_is_made_of_others_is_trained_after_them() -> None:
    assert load_config().in_turn[-1] == "fusion"
    assert set(load_config().in_turn) == set(METHODS)


def test_a_method_without_those_it_is_made_of_is_refused_unless_it_is_the_shipped_one() -> None:
    with pytest.raises(UnusableConfig, match="its parts among the methods, found no sift_copymove"):
        load_config().only(["fusion", "localizer"])
    alone = read_config({**SMALL, "methods": ["fusion"], "settings": {"fusion": {"shipped": True}}})
    assert alone.methods == ("fusion",)


def test_the_shipped_detector_is_judged_on_the_source_that_nothing_of_it_was_trained_on() -> None:
    config = load_config(CONFIGS / "strange.toml")
    assert [protocol.name for protocol in config.protocols] == ["source-out"]
    assert {source for protocol in config.protocols for source in protocol.sources} == {"us_busi"}
    assert all(config.of(method).shipped for method in ("fusion", "localizer", "sift_copymove"))
