"""Symmetry of weights that are not constant (`docs/semantics.md` §3 j, §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantsim_viz.resolve.columns import ENABLED, SYMMETRIC, Columns, Row
from quantsim_viz.resolve.grid import effective_quantizer
from quantsim_viz.resolve.params import WEIGHTED_PRODUCTS

if TYPE_CHECKING:
    from quantsim_viz.config.rules import Rule, Rules
    from quantsim_viz.resolve.topology import Topology

DYNAMIC_WEIGHT = "dynamic-weight-symmetry"


def dynamic_weights(topology: Topology, rules: Rules, columns: Columns) -> list[Row]:
    """Declare stage j: what a product uses as its weight takes the symmetry asked of weights.

    1. For `Conv`, `ConvTranspose`, `Gemm`, `MatMul` whose input 1 is not itself a parameter: the
       effective quantizer of that input.
    2. Symmetry of `op_type.T.params.weight`, else `defaults.params`, else asymmetric; the section
       `params` is not asked.
    3. Whatever quantizer is found takes it, also one that other operators use.
    """
    enabled = columns[ENABLED].__getitem__
    rows: list[Row] = []
    products = [op for kind in WEIGHTED_PRODUCTS for op in topology.by_type.get(kind, ())]
    wanted = set(products)
    for op in topology.ordered if products else ():
        if op not in wanted:
            continue
        inputs = topology.ops[op].inputs
        if len(inputs) < 2 or is_param(topology, inputs[1]):
            continue
        found = effective_quantizer(inputs[1], topology.above, topology.quantizer_of, enabled)
        if found is None:
            continue
        rule = weight_symmetry(rules, topology.ops[op].op_type)
        value = bool(rule.value) if rule is not None else False
        pointer = rule.pointer if rule is not None else None
        rows.append((found, SYMMETRIC, value, pointer, DYNAMIC_WEIGHT, -1, -1))
    return rows


def is_param(topology: Topology, tensor: str) -> bool:
    """Tell whether a tensor has a parameter's quantizer."""
    return topology.quantizer_of.get(tensor, topology.param_count) < topology.param_count


def weight_symmetry(rules: Rules, op_type: str) -> Rule | None:
    """Return the rule that says whether weights of an operator type are symmetric (§7)."""
    entry = rules.op_type.get(op_type)
    weight = entry.params.get("weight") if entry is not None else None
    if weight is not None and weight.is_symmetric is not None:
        return weight.is_symmetric
    return rules.default_params.is_symmetric
