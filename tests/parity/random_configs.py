"""Random valid configurations for a model, from a seed: every section, near its operators."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx

PASSES = ("LayerNormalization", "RMSNormalization", "MatmulAdd", "MaskedSoftmax")
HARDWARE = ("V66", "V68", "V69", "V73", "V79", "v68")
PARAMS = ("weight", "bias", "weight_r", "running_mean", "running_var")
OTHER_OPS = ("Gemm", "LayerNormalization", "RMSNormalization", "MaskedSoftmax", "Squeeze", "Cast")


def _truth(rng: random.Random, share: float = 0.5) -> str:
    return "True" if rng.random() < share else "False"


def _param_entry(rng: random.Random) -> dict[str, str]:
    entry = {}
    if rng.random() < 0.7:
        entry["is_quantized"] = _truth(rng, 0.6)
    if rng.random() < 0.5:
        entry["is_symmetric"] = _truth(rng)
    return entry


def _constraint(rng: random.Random) -> dict[str, float]:
    return rng.choice(
        [{"min": 0.0, "max": 1.0}, {"min": -1.0, "max": 1.0}, {"min": 0.0},
         {"min": 0.0, "max": 6.0},          {"min": -2.5, "max": 4}]
    )  # fmt: skip


def _op_entry(rng: random.Random) -> dict[str, Any]:
    entry: dict[str, Any] = {}
    if rng.random() < 0.2:
        entry["is_input_quantized"] = "True"
    if rng.random() < 0.5:
        entry["is_output_quantized"] = _truth(rng, 0.45)
    if rng.random() < 0.25:
        entry["is_symmetric"] = _truth(rng)
    if rng.random() < 0.15:
        entry["encoding_constraints"] = _constraint(rng)
    if rng.random() < 0.25:
        entry["per_channel_quantization"] = _truth(rng, 0.7)
    if rng.random() < 0.35:
        entry["params"] = {p: _param_entry(rng) for p in rng.sample(PARAMS, rng.randrange(1, 3))}
    return entry


def _chains(rng: random.Random, model: onnx.ModelProto) -> list[list[str]]:
    """Operator lists that stand in the model, as supergroups to ask for."""
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in model.graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    chains = []
    nodes = [n for n in model.graph.node if n.op_type != "Constant"]
    for _ in range(rng.choice([0, 0, 1, 2, 3])):
        node, chain = rng.choice(nodes), []
        while node is not None and len(chain) < rng.choice([2, 3, 4]):
            chain.append(node.op_type)
            following = [r for o in node.output for r in readers.get(o, ())]
            node = rng.choice(following) if following else None
        if len(chain) >= 2:
            chains.append(chain)
    return chains


def random_config(seed: int, model: onnx.ModelProto) -> dict[str, Any]:
    """Build the configuration of a seed; valid by the format, though a model may be refused."""
    rng = random.Random(seed)
    ops = sorted({n.op_type for n in model.graph.node} | set(rng.sample(OTHER_OPS, 2)))
    default_ops: dict[str, str] = {}
    if rng.random() < 0.85:
        default_ops["is_output_quantized"] = "True"
    if rng.random() < 0.3:
        default_ops["is_symmetric"] = _truth(rng, 0.3)
    defaults: dict[str, Any] = {"ops": default_ops, "params": _param_entry(rng)}
    for key in ("strict_symmetric", "unsigned_symmetric", "per_channel_quantization"):
        if rng.random() < 0.5:
            defaults[key] = _truth(rng)
    if rng.random() < 0.3:
        defaults["hw_version"] = rng.choice(HARDWARE)
    config: dict[str, Any] = {
        "defaults": defaults,
        "params": {p: _param_entry(rng) for p in rng.sample(PARAMS, rng.randrange(0, 3))},
        "op_type": {
            op: _op_entry(rng) for op in rng.sample(ops, rng.randrange(0, min(6, len(ops))))
        },
        "supergroups": [{"op_list": chain} for chain in _chains(rng, model)],
        "model_input": {"is_input_quantized": "True"} if rng.random() < 0.85 else {},
        "model_output": {"is_output_quantized": "True"} if rng.random() < 0.3 else {},
    }
    if rng.random() < 0.35:
        config["supergroup_pass_list"] = rng.sample(PASSES, rng.randrange(1, len(PASSES) + 1))
    return config
