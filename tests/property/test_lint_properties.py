"""What lint promises holds on random models and configurations."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from support.random_pairs import random_config, random_model

from quantsim_viz.config import Config, load_config
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.lint import CODES, lint
from quantsim_viz.model import load_model
from quantsim_viz.resolve import diff, resolve

if TYPE_CHECKING:
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.model import Model

WITHOUT_EFFECT = ("dead-rule", "redundant-rule", "supergroup-never-matches", "supergroup-hidden")
BITS = st.sampled_from([(8, 8), (4, 8), (8, 16), (16, 16), (32, 32)])


@cache
def model_of(seed: int) -> Model:
    return load_model(random_model(seed))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Model, Config]:
    """A model and a configuration for it; now and then one made for another model."""
    seed = draw(st.integers(0, 400))
    made_for = seed if draw(st.integers(0, 4)) else draw(st.integers(0, 400))
    config = random_config(draw(st.integers(0, 10**6)), random_model(made_for))
    return model_of(seed), load_config(config)


def mended(config: Config, finding: Diagnostic) -> Config:
    assert finding.fix is not None
    return load_config(text=apply_patch(config.document, finding.fix.patch).text)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(pairs(), BITS)
def test_removing_what_has_no_effect_changes_no_quantizer(
    pair: tuple[Model, Config], bits: tuple[int, int]
) -> None:
    model, config = pair
    widths = {"param_bits": bits[0], "act_bits": bits[1]}
    before = resolve(model, config, **widths)
    for finding in lint(config, model, **widths):
        if finding.code in WITHOUT_EFFECT and finding.fix is not None:
            after = resolve(model, mended(config, finding), **widths)
            assert after.error is None
            assert dict(after.quantizers) == dict(before.quantizers), finding


@settings(max_examples=120, deadline=None, derandomize=True)
@given(pairs(), BITS)
def test_every_fix_avoids_refusals_and_removes_its_finding(
    pair: tuple[Model, Config], bits: tuple[int, int]
) -> None:
    model, config = pair
    widths = {"param_bits": bits[0], "act_bits": bits[1]}
    found = lint(config, model, **widths)
    for finding in found:
        if finding.fix is None:
            continue
        after = mended(config, finding)
        assert resolve(model, after, **widths).error is None, finding
        assert count_of(finding, lint(after, model, **widths)) < count_of(finding, found)


def count_of(finding: Diagnostic, among: tuple[Diagnostic, ...]) -> int:
    """How many say the same of the same rule; equal items of a list move up when one goes."""
    return sum((f.code, f.message) == (finding.code, finding.message) for f in among)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pairs(), st.integers(0, 10**6), BITS)
def test_a_difference_is_empty_with_itself_and_turns_round(
    pair: tuple[Model, Config], seed: int, bits: tuple[int, int]
) -> None:
    model, config = pair
    widths = {"param_bits": bits[0], "act_bits": bits[1]}
    other = load_config(random_config(seed, model.proto))
    alone = diff(model, config, config, **widths)
    assert not alone.changes
    assert not alone.statuses
    there, back = diff(model, config, other, **widths), diff(model, other, config, **widths)
    turned = {(c.tensor, c.property, c.values[::-1], c.causes[::-1]) for c in back.changes}
    assert {(c.tensor, c.property, c.values, c.causes) for c in there.changes} == turned
    assert there.statuses == {name: pair[::-1] for name, pair in back.statuses.items()}
    assert there.errors == back.errors[::-1]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pairs())
def test_findings_are_documented_sorted_and_placed(pair: tuple[Model, Config]) -> None:
    model, config = pair
    found = [f for f in lint(config, model) if f.code in CODES]
    assert all(f.severity is CODES[f.code].severity for f in found)
    lines = len(config.document.text.split("\n"))
    assert all(f.line is None or 1 <= f.line <= lines for f in found)
    ranks = [["error", "warning", "info"].index(f.severity.value) for f in lint(config, model)]
    assert ranks == sorted(ranks)
