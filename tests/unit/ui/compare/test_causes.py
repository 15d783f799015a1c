from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quantsim_viz.resolve import RuleChange
from quantsim_viz.resolve.causes import NO_RULE
from quantsim_viz.ui.compare.causes import cause_rows, change_words

if TYPE_CHECKING:
    from quantsim_viz.ui.session import Session

LETTERS = ("A", "B")


def rows_of(session: Session) -> list[dict[str, object]]:
    pair = session.comparing.pair
    assert pair is not None
    return cause_rows(session.comparing.causes, pair, LETTERS)


def test_a_rule_that_is_only_in_b_is_a_cause_with_its_effect_and_its_line(softmax: Session) -> None:
    (row,) = rows_of(softmax)
    assert row["label"] == "op_type.Softmax.is_output_quantized"
    assert row["what"] == "only in B: False"
    assert row["text"] == "4 quantizers off"
    assert len(row["nodes"]) == 4  # type: ignore[arg-type]
    (place,) = row["places"]  # type: ignore[misc]
    line = softmax.workspace.text.splitlines()[place["line"] - 1]
    assert place["letter"] == "B"
    assert "is_output_quantized" in line


def test_a_rule_that_is_only_in_a_is_the_cause_in_a(softmax: Session) -> None:
    softmax.comparing.swap()
    (row,) = rows_of(softmax)
    assert row["what"] == "only in A: False"
    assert row["text"] == "4 quantizers on"
    assert row["places"][0]["letter"] == "A"  # type: ignore[index]


def test_what_no_rule_decides_is_given_to_the_rule_that_moves_it(vit: Session) -> None:
    vit.comparing.read_address("default_config,aimet_default_per_channel")
    causes = {cause.id: cause for cause in vit.comparing.causes}
    assert NO_RULE not in causes
    fused = causes["/supergroup_pass_list/0"]
    biases = [name for name in fused.tensors if name.endswith(".bias")]
    assert len(biases) == 24, "a fused pair of nodes has a bias that no model input rule reaches"
    difference = vit.comparing.difference
    assert difference is not None
    assert {name for cause in causes.values() for name in cause.tensors} == {
        change.tensor for change in difference.changes
    }


def test_rules_that_change_nothing_here_come_last(vit: Session) -> None:
    vit.comparing.read_address("default_config,aimet_default_per_channel")
    sizes = [len(cause.tensors) for cause in vit.comparing.causes]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 0
    assert rows_of(vit)[-1]["text"] == "changes nothing on this model"


def test_a_side_that_is_refused_has_no_causes_with_an_effect(softmax: Session) -> None:
    softmax.comparing.sides["A"].type_text("[]")
    assert all(not cause.tensors or cause.change for cause in softmax.comparing.causes)


@pytest.mark.parametrize(
    ("kind", "values", "words"),
    [
        ("added", (None, "True"), "only in B: True"),
        ("removed", ({"op_list": ["Conv"]}, None), "only in A"),
        ("added", (None, {"min": 0, "max": 1}), "only in B: [0, 1]"),
        (
            "changed",
            ({"min": 0.0, "max": 0.99609375}, {"min": 0, "max": 1}),
            "[0, 0.996] in A, [0, 1] in B",
        ),
        (
            "changed",
            ({"min": -1.0, "max": 0.99609375}, {"min": -1.0, "max": 0.99613}),
            "[-1, 0.996094] in A, [-1, 0.99613] in B",
        ),
        ("changed", ({"min": 0.0}, {"min": 0.0, "max": 6}), "[0, …] in A, [0, 6] in B"),
        ("changed", ("True", "False"), "True in A, False in B"),
        ("moved", ({"op_list": ["Conv"]}, {"op_list": ["Conv"]}), "elsewhere in the list of B"),
    ],
)
def test_what_happened_to_a_rule_is_said_in_a_few_words(
    kind: str, values: tuple[object, object], words: str
) -> None:
    change = RuleChange("/x", kind, ("/x", "/x"), (1, 1), values)  # type: ignore[arg-type]
    assert change_words(change, LETTERS) == words
