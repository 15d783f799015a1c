"""What holds of every resolve: on random models, configurations and edits."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.broken_models import break_model
from support.cascades import assert_folds
from support.random_pairs import random_config, random_model

from quantsim_viz.config import load_config
from quantsim_viz.errors import QuantSimError
from quantsim_viz.model import load_model
from quantsim_viz.resolve import Cascade, resolve, resolve_edit

if TYPE_CHECKING:
    from quantsim_viz.model import Model

SEEDS = st.integers(0, 100_000)


def drawn(seed: int) -> tuple[Model, dict[str, Any]]:
    """A random model and a configuration written for it."""
    proto = random_model(seed)
    return load_model(proto), random_config(seed, proto)


def outcome(cascade: Cascade) -> tuple[Any, ...]:
    return (
        cascade.error,
        dict(cascade.quantizers),
        dict(cascade.nodes),
        cascade.supergroups,
        cascade.fused_groups,
    )


def shuffled(value: Any, rng: random.Random) -> Any:
    """The same JSON value with the keys of every object in another order."""
    if isinstance(value, dict):
        keys = list(value)
        rng.shuffle(keys)
        return {key: shuffled(value[key], rng) for key in keys}
    return [shuffled(item, rng) for item in value] if isinstance(value, list) else value


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_folding_the_trace_gives_the_settings(seed: int) -> None:
    model, config = drawn(seed)
    assert_folds(resolve(model, load_config(config)))


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_the_same_input_gives_the_same_document(seed: int) -> None:
    model, config = drawn(seed)
    again, _ = drawn(seed)
    first = resolve(model, load_config(config)).to_dict()
    assert first == resolve(again, load_config(config)).to_dict()
    json.dumps(first)


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_matter(seed: int, rng: random.Random) -> None:
    model, config = drawn(seed)
    plain = resolve(model, load_config(config))
    other = resolve(model, load_config(shuffled(config, rng)))
    assert outcome(plain) == outcome(other)


@settings(max_examples=50, deadline=None)
@given(SEEDS, st.lists(SEEDS, min_size=1, max_size=6))
def test_edits_lead_where_starting_anew_leads(seed: int, edits: list[int]) -> None:
    proto = random_model(seed)
    model, document = load_model(proto), random_config(seed, proto)
    cascade = resolve(model, load_config(document))
    for edit in edits:
        other, rng = random_config(edit, proto), random.Random(edit)
        section = rng.choice(sorted({*document, *other}))
        document = {**document, section: other[section]} if section in other else document
        config = load_config(document)
        cascade = resolve_edit(cascade, config)
        anew = resolve(model, config)
        assert outcome(cascade) == outcome(anew)
        assert cascade.rules == anew.rules
        assert [cascade.trace(t) for t in cascade.quantizers] == [
            anew.trace(t) for t in anew.quantizers
        ]


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_every_decision_is_counted_once(seed: int) -> None:
    model, config = drawn(seed)
    cascade = resolve(model, load_config(config))
    winners: dict[str, set[str]] = {}
    touched: dict[str, set[str]] = {}
    for tensor in cascade.quantizers:
        for declaration in cascade.trace(tensor):
            if declaration.rule is None:
                continue
            touched.setdefault(declaration.rule, set()).add(tensor)
            if declaration.effective and declaration.overridden_by is None:
                winners.setdefault(declaration.rule, set()).add(tensor)
    for pointer, count in cascade.rules.items():
        assert count.matched == len(touched.get(pointer, ()))
        assert count.decided == len(winners.get(pointer, ()))
        assert len(cascade.rule_nodes(pointer)) == count.nodes


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_everything_can_be_explained(seed: int) -> None:
    model, config = drawn(seed)
    cascade = resolve(model, load_config(config))
    for node in model.graph.nodes:
        assert cascade.explain(node.name)


@pytest.mark.parametrize("block", range(6))
def test_a_damaged_model_gives_a_cascade_or_a_named_error(block: int) -> None:
    resolved = 0
    for seed in range(40 * block, 40 * (block + 1)):
        proto = random_model(seed)
        config = load_config(random_config(seed, proto))
        try:
            model = load_model(break_model(proto, random.Random(seed)))
        except QuantSimError:
            continue
        cascade = resolve(model, config)
        json.dumps(cascade.to_dict())
        resolved += 1
    assert resolved > 5
