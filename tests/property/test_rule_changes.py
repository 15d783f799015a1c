"""Changed rules between random configurations: any of them can be made, none is lost."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_pairs import random_config, random_model

from quantsim_viz.config import load_config
from quantsim_viz.model import load_model
from quantsim_viz.resolve import (
    RuleChanges,
    diff,
    diff_cascades,
    find_causes,
    format_difference,
    resolve,
)

if TYPE_CHECKING:
    from quantsim_viz.config import Config
    from quantsim_viz.model import Model


@cache
def model_of(seed: int) -> Model:
    return load_model(random_model(seed))


@st.composite
def triples(draw: st.DrawFn) -> tuple[Model, Config, Config]:
    """A model and two configurations made for it."""
    seed = draw(st.integers(0, 200))
    proto = random_model(seed)
    first, second = (random_config(draw(st.integers(0, 10**6)), proto) for _ in range(2))
    return model_of(seed), load_config(first), load_config(second)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(triples(), st.data())
def test_documents_in_between_have_the_changes_that_were_chosen(
    drawn: tuple[Model, Config, Config], data: st.DataObject
) -> None:
    first, second = drawn[1].document, drawn[2].document
    changes = RuleChanges(first, second)
    assert changes.data(()) == first.data
    assert changes.data(range(len(changes))) == second.data
    chosen = data.draw(st.sets(st.sampled_from(range(max(1, len(changes))))))
    between = load_config(changes.data(chosen)).document
    made = {change.id for change in RuleChanges(first, between)}
    assert len(made) == len(chosen & set(range(len(changes))))
    for number, change in enumerate(changes):
        if change.kind in ("added", "removed") and "supergroup" not in change.pointer:
            assert (change.id in made) == (number in chosen)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(triples())
def test_made_alone_is_left_out_alone_the_other_way_round(
    drawn: tuple[Model, Config, Config],
) -> None:
    first, second = drawn[1].document, drawn[2].document
    there, back = RuleChanges(first, second), RuleChanges(second, first)
    reverse = {change.pointer: change for change in back}
    for change in there:
        if "supergroup" not in change.pointer:
            alone = there.alone(change).data
            assert alone == back.all_but(reverse[change.pointer]).data


@settings(max_examples=40, deadline=None, derandomize=True)
@given(triples())
def test_every_change_of_a_quantizer_has_one_cause(
    drawn: tuple[Model, Config, Config],
) -> None:
    model, config, other = drawn
    sides = resolve(model, config), resolve(model, other)
    difference = diff_cascades(*sides)
    causes = find_causes(*sides, difference)
    grouped = [id(group) for cause in causes for group in cause.groups]
    assert sorted(grouped) == sorted(map(id, difference.groups))
    assert format_difference(difference, causes)
    itself = diff(model, config, config)
    assert find_causes(sides[0], sides[0], itself) == []
