"""Each family answers every question, and each runtime says what computes a node."""

from __future__ import annotations

import pytest

import intlite
from intlite.ops import OPS
from intlite.ops.index import MODULE_OF
from intlite.runtimes import DEFAULT, RUNTIMES, Delegate, runtime
from intlite.runtimes.families import POLICIES
from intlite.runtimes.policy import BlockRounding, Policy
from intlite.runtimes.rounding import Rounding
from intlite.runtimes.xnnpack_nodes import RULES, WEIGHTED


@pytest.mark.parametrize("name", POLICIES)
def test_a_family_answers_every_question(name: str) -> None:
    assert list(vars(POLICIES[name])) == list(Policy.__annotations__)
    assert POLICIES[name].name == name


def test_families_differ() -> None:
    answers = [{k: repr(v) for k, v in vars(p).items()} for p in POLICIES.values()]
    for question in Policy.__annotations__:
        assert len({answer[question] for answer in answers}) > 1, question


def test_a_policy_does_not_change() -> None:
    policy = POLICIES["tflm"]
    with pytest.raises(AttributeError, match="cannot assign to 'factor_type' of a Policy"):
        policy.factor_type = float  # type: ignore[assignment,misc]
    with pytest.raises(TypeError, match=r"fields \['rules'\] missing, \['rule'\] unknown"):
        Delegate(title="", family="", rule="")  # type: ignore[call-arg]


def test_runtimes_have_these_families() -> None:
    found = {name: [p.name for p in r.policies] for name, r in RUNTIMES.items()}
    assert found == {
        "litert": ["xnnpack", "litert_optimized"],
        "litert-builtin": ["litert_optimized"],
        "litert-reference": ["litert_reference"],
        "tflm": ["tflm"],
    }


def test_no_such_runtime() -> None:
    with pytest.raises(ValueError, match="numerics='tflite': expected one of 'litert', 'lit"):
        runtime("tflite")


def test_the_function_is_not_hidden_by_the_folder() -> None:
    assert [r.numerics for r in intlite.runtimes()] == list(RUNTIMES)
    assert DEFAULT in RUNTIMES


def test_rules_are_of_operators_that_there_are() -> None:
    assert set(RULES) <= set(MODULE_OF)
    assert {name for name in RULES if OPS[name].filter_input is not None} == WEIGHTED


def test_blocks() -> None:
    of_channels = BlockRounding(rounding=Rounding.RUY, block=8)
    assert [of_channels.tail_start(n) for n in (0, 7, 8, 17)] == [0, 0, 8, 16]
    assert of_channels.of_channel(15, 17) == Rounding.RUY
    assert of_channels.of_channel(16, 17) == Rounding.GEMMLOWP
    found = of_channels.in_blocks((2, 9))
    assert found is not None
    assert found.tolist() == [True] * 8 + [False]
    of_elements = BlockRounding(rounding=Rounding.RUY, block=16, by_element=True).in_blocks((2, 9))
    assert of_elements is not None
    assert of_elements.ravel().tolist() == [True] * 16 + [False] * 2
    everywhere = BlockRounding(rounding=Rounding.FP32)
    assert everywhere.in_blocks((2, 9)) is None
    assert everywhere.tail_channel(9) is None
