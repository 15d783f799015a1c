"""`resolve`: a model and a configuration to a `Cascade`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.diagnostics import Severity
from quantsim_viz.resolve.build import build_topology
from quantsim_viz.resolve.cascade import Cascade
from quantsim_viz.resolve.dtypes import known_dtypes
from quantsim_viz.resolve.pipeline import run
from quantsim_viz.resolve.precision import parse_precision
from quantsim_viz.resolve.preparation import prepare_view
from quantsim_viz.resolve.refusals import Refused
from quantsim_viz.resolve.settings import Refusal

if TYPE_CHECKING:
    from quantsim_viz.config.rules import Config, Rules
    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.precision import BitWidth
    from quantsim_viz.resolve.topology import Topology


def resolve(
    model: Model,
    config: Config,
    *,
    param_bits: BitWidth = 8,
    act_bits: BitWidth = 8,
) -> Cascade:
    """Resolve a configuration on a model: what AIMET-ONNX 2.42 would quantize, how, and why.

    A configuration that AIMET refuses, on any model or on this one, gives a cascade whose `error`
    says so; it is not an exception.

    Args:
        model: From `load_model`.
        config: From `load_config`.
        param_bits: Precision of parameters: 4, 8, 16, 32 or `"float16"`.
        act_bits: Precision of activations.

    Raises:
        QuantSimError: A bit width is not one of these.

    Source:
        `docs/semantics.md`.
    """
    return _resolve(model, config, (param_bits, act_bits), None)


def resolve_edit(cascade: Cascade, config: Config) -> Cascade:
    """Resolve an edited configuration on the same model, with what the edit does not reach kept.

    The result equals `resolve(cascade.model, config, …)`.

    Args:
        cascade: The result before the edit.
        config: The edited configuration.
    """
    bits = (cascade.param_bits, cascade.act_bits)
    return _resolve(cascade.model, config, bits, cascade.run)


def _resolve(
    model: Model, config: Config, bits: tuple[BitWidth, BitWidth], last: Run | None
) -> Cascade:
    params, activations = (parse_precision(value) for value in bits)
    rules = config.rules
    if rules is None:
        return Cascade(model, config, bits, last, _first_error(config))
    try:
        topology = _topology(model, rules, last)
        reusable = last if last is not None and last.topology is topology else None
        result = run(topology, rules, params, activations, reusable)
    except Refused as refused:
        return Cascade(model, config, bits, None, refused.refusal)
    return Cascade(model, config, bits, result, result.refusal)


def _topology(model: Model, rules: Rules, last: Run | None) -> Topology:
    passes = tuple(rule.value for rule in rules.supergroup_passes)
    if last is not None and last.topology.passes == passes:
        return last.topology
    return build_topology(prepare_view(model, passes), passes, known_dtypes(model))


def _first_error(config: Config) -> Refusal:
    """Return why AIMET rejects the document: the first of its errors."""
    for diagnostic in config.diagnostics:
        if diagnostic.severity is Severity.ERROR:
            return Refusal(diagnostic.code, diagnostic.message, diagnostic.rule, diagnostic.nodes)
    return Refusal("invalid-configuration", "The configuration is not valid.")
