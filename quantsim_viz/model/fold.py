"""Folding of batch normalisations into the layer before them, as the AIMET workflow does it.

`scale · (W·x + b − mean) / √(variance + ε) + bias` is `W'·x + b'` with
`W' = W · scale / √(variance + ε)` along the output channels and
`b' = (b − mean) · scale / √(variance + ε) + bias`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import ModelProto, numpy_helper

from quantsim_viz.model.constants import read_tensor
from quantsim_viz.model.stripped import constant_tensor, iter_bodies

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

_LAYERS = ("Conv", "ConvTranspose", "Gemm")

_STANDARD = ("", "ai.onnx")


def fold_batch_norms(proto: ModelProto, folder: str | None) -> ModelProto:
    """Return a copy of `proto` whose foldable batch normalisations are gone.

    A normalisation is folded when
    1. it follows a Conv, ConvTranspose or Gemm whose output has that one use, is no graph output
       and is not read by the body of another node;
    2. it is in inference form: one output (or unused further ones), no `training_mode`;
    3. its four parameters, and the layer's weight and bias, are constants;
    4. the layer's weight and bias have no other use.

    The layer takes over the normalisation's output name; its weight and bias keep their names, and
    a layer without a bias gets `<weight>_bias`.

    Args:
        proto: The model; left as it is.
        folder: Where external data lie.

    Raises:
        ModelError: A constant that takes part cannot be read (`missing-external-data`, …).
    """
    copy = ModelProto()
    copy.CopyFrom(proto)
    folding = _Folding(copy.graph, folder)
    gone = [index for index, node in enumerate(copy.graph.node) if folding.try_fold(node)]
    for index in reversed(gone):
        del copy.graph.node[index]
    folding.drop_unused()
    return copy


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer and the arrays that a normalisation behind it changes."""

    node: NodeProto
    weight: np.ndarray[Any, Any]
    bias: np.ndarray[Any, Any] | None


class _Folding:
    """The state of folding one graph, in place."""

    def __init__(self, graph: GraphProto, folder: str | None) -> None:
        self._graph = graph
        self._folder = folder
        self._stored: dict[str, TensorProto] = {t.name: t for t in graph.initializer}
        self._stored.update(
            (node.output[0], tensor)
            for node in graph.node
            if (tensor := constant_tensor(node)) is not None
        )
        self._producers = {name: node for node in graph.node for name in node.output if name}
        self._uses = _count_uses(graph)
        self._orphans: set[str] = set()

    def try_fold(self, norm: NodeProto) -> bool:
        """Fold `norm` into its producer if that can be done; the node itself is left in place."""
        layer = self._layer_before(norm)
        if layer is None or not all(name in self._stored for name in norm.input[1:5]):
            return False
        scale, bias, mean, variance = (self._value(name) for name in norm.input[1:5])
        epsilon = next((entry.f for entry in norm.attribute if entry.name == "epsilon"), 1e-5)
        factor = scale / np.sqrt(variance + epsilon)
        weight = layer.weight * _along_output_channels(layer, factor)
        old_bias = layer.bias if layer.bias is not None else np.zeros_like(mean)
        new_bias = (_unscaled_bias(layer.node, old_bias) - mean) * factor + bias
        self._write(layer.node, weight, _rescaled_bias(layer.node, new_bias))
        self._orphans.update(norm.input[1:5])
        layer.node.output[0] = norm.output[0]
        self._producers[norm.output[0]] = layer.node
        return True

    def drop_unused(self) -> None:
        """Remove constants of folded normalisations that nothing else uses."""
        uses = _count_uses(self._graph)
        unused = {name for name in self._orphans if not uses.get(name)}
        _drop(self._graph.initializer, [t.name in unused for t in self._graph.initializer])
        _drop(self._graph.input, [value.name in unused for value in self._graph.input])
        _drop(self._graph.node, [unused.issuperset(n.output) for n in self._graph.node])

    def _layer_before(self, norm: NodeProto) -> _Layer | None:
        if norm.op_type != "BatchNormalization" or norm.domain not in _STANDARD:
            return None
        attributes = {entry.name: entry.i for entry in norm.attribute}
        further = [name for name in norm.output[1:] if self._uses.get(name)]
        if attributes.get("training_mode") or attributes.get("spatial") == 0 or further:
            return None
        node = self._producers.get(norm.input[0])
        if node is None or node.op_type not in _LAYERS or node.domain not in _STANDARD:
            return None
        constants = [name for name in node.input[1:3] if name]
        alone = all(self._uses.get(name) == 1 for name in (node.output[0], *constants))
        if not alone or not all(name in self._stored for name in constants):
            return None
        weight = self._value(constants[0])
        bias = self._value(constants[1]) if len(constants) > 1 else None
        return _Layer(node, weight, bias)

    def _value(self, name: str) -> np.ndarray[Any, Any]:
        """Return a constant in double precision, so that folding rounds once."""
        return read_tensor(self._stored[name], name, self._folder).numpy().astype(np.float64)

    def _write(
        self, node: NodeProto, weight: np.ndarray[Any, Any], bias: np.ndarray[Any, Any]
    ) -> None:
        name = node.input[1]
        dtype = read_tensor(self._stored[name], name, self._folder).numpy().dtype
        self._stored[name].CopyFrom(numpy_helper.from_array(weight.astype(dtype), name))
        if len(node.input) > 2 and node.input[2]:
            place = self._stored[node.input[2]]
            place.CopyFrom(numpy_helper.from_array(bias.astype(dtype), node.input[2]))
            return
        added = f"{name}_bias"
        while added in self._uses or added in self._stored:
            added += "_"
        del node.input[2:]
        node.input.append(added)
        self._graph.initializer.append(numpy_helper.from_array(bias.astype(dtype), added))
        self._stored[added] = self._graph.initializer[-1]
        self._uses[added] = 1


def _along_output_channels(layer: _Layer, factor: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return one factor an output channel in a shape that multiplies the layer's weight.

    Conv `[C_out, …]` · ConvTranspose `[C_in, C_out / group, …]`, whose output channels of one group
    belong to the input channels of that group · Gemm `[C_in, C_out]`, transposed with `transB`.
    """
    rank = layer.weight.ndim
    if layer.node.op_type == "Conv":
        return factor.reshape(-1, *[1] * (rank - 1))
    if layer.node.op_type == "Gemm":
        return factor.reshape(-1, 1) if _attribute(layer.node, "transB", 0) else factor
    groups = int(_attribute(layer.node, "group", 1))
    of_group = np.repeat(factor.reshape(groups, -1), layer.weight.shape[0] // groups, axis=0)
    return of_group.reshape(*of_group.shape, *[1] * (rank - 2))


def _unscaled_bias(node: NodeProto, bias: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return what a Gemm adds: its third input times `beta`."""
    return bias * _attribute(node, "beta", 1.0) if node.op_type == "Gemm" else bias


def _rescaled_bias(node: NodeProto, bias: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Undo `_unscaled_bias`; a Gemm whose `beta` is 0 gets 1."""
    if node.op_type != "Gemm":
        return bias
    beta = _attribute(node, "beta", 1.0)
    if beta == 0.0:
        next(entry for entry in node.attribute if entry.name == "beta").f = 1.0
        return bias
    return bias / beta


def _attribute(node: NodeProto, name: str, default: float) -> float:
    for entry in node.attribute:
        if entry.name == name:
            return float(entry.f if entry.HasField("f") else entry.i)
    return default


def _drop(entries: Any, gone: list[bool]) -> None:
    for index in reversed(range(len(gone))):
        if gone[index]:
            del entries[index]


def _count_uses(graph: GraphProto) -> dict[str, int]:
    """Count reads of each tensor, graph outputs and reads inside bodies included."""
    uses: dict[str, int] = {}
    for value in graph.output:
        uses[value.name] = uses.get(value.name, 0) + 1
    for node in graph.node:
        for name in node.input:
            if name:
                uses[name] = uses.get(name, 0) + 1
        for body in iter_bodies(node):
            for name, count in _count_uses(body).items():
                uses[name] = uses.get(name, 0) + count
    return uses
