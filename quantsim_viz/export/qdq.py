"""The simulation as an ONNX model: QuantizeLinear and DequantizeLinear at every enabled quantizer.

A quantized tensor keeps its name for what its consumers see, so asking any runtime for it gives
what `run --tensors` gives; what its producer makes is called `NAME/float`. Graph inputs keep their
name for the float value. Stored constants become integers with a DequantizeLinear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, external_data_helper, helper, numpy_helper

from quantsim_viz.errors import ModelError
from quantsim_viz.export.opset import raised
from quantsim_viz.export.quantizers import onnx_quantizers
from quantsim_viz.export.rewiring import Names, outer_reads, rename_outer_reads, rename_reads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from onnx import ModelProto, NodeProto

    from quantsim_viz.export.quantizers import OnnxQuantizer
    from quantsim_viz.model.graph import Model
    from quantsim_viz.sim import Calibration

_UNSEEN_BODIES = ("If", "Loop")
"""Operators whose bodies read tensors as their producers make them (`docs/semantics.md` §1.4)."""

_IR_WITH_FREE_INITIALIZERS = 4
"""From here on initializers need not be listed among the graph's inputs."""

_ONNX_TYPES = {
    "float16": TensorProto.FLOAT16,
    "bfloat16": TensorProto.BFLOAT16,
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
}


def qdq_model(calibrated: Calibration) -> ModelProto:
    """Return the model with its quantizers as ONNX operators, all weights inside.

    1. A computed tensor or graph input: QuantizeLinear → DequantizeLinear; a Clip before them where
       the grid leaves a code of its type out. Other types than float32 are cast there and back.
    2. A stored constant: its codes → DequantizeLinear.
    3. float16: Cast to float16 → Cast back; a stored constant is stored as float16. A tensor that
       is float16 already needs none.

    Nodes keep their names, graph inputs and outputs theirs. The operator set is raised where a
    quantizer needs it and if that is safe (`opset`).

    Raises:
        QuantSimError: Something cannot be said in this format (`not-expressible`).
        ModelError: A weight file cannot be read (`missing-external-data`).
    """
    quantizers = onnx_quantizers(calibrated)
    source = calibrated.cascade.model
    model = _whole(source)
    needed = max(quantizers, key=lambda each: each.opset, default=None)
    if needed is not None and needed.opset > source.opset.get("", 1):
        model = raised(model, needed.opset, calibrated, str(needed))
    model.ir_version = max(model.ir_version, _IR_WITH_FREE_INITIALIZERS)
    rewriter = _Rewriter(model)
    for quantizer in quantizers:
        rewriter.add(quantizer)
    rewriter.finish()
    return model


def _whole(model: Model) -> ModelProto:
    """Return a copy of a model's file with its weight files read in."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model.proto)
    if model.folder is not None:
        try:
            external_data_helper.load_external_data_for_model(copy, model.folder)
        except (OSError, ValueError, onnx.checker.ValidationError) as error:
            raise ModelError(
                f"The weights of {model.name} cannot be read: {error}",
                code="missing-external-data",
                hint="put the weight file beside the model",
                path=model.path,
            ) from error
    return copy


class _Rewriter:
    """Puts quantizers into a model's graph, in place."""

    def __init__(self, model: ModelProto) -> None:
        self._graph = graph = model.graph
        self._names = Names(graph)
        self._inputs = {value.name for value in graph.input}
        self._stored = {tensor.name: tensor for tensor in graph.initializer}
        self._sparse = {tensor.values.name: tensor for tensor in graph.sparse_initializer}
        self._producers = {
            name: (place, port)
            for place, node in enumerate(graph.node)
            for port, name in enumerate(node.output)
        }
        blind = [node for node in graph.node if node.op_type in _UNSEEN_BODIES]
        self._raw_reads = {name for node in blind for name in outer_reads(node)}
        self._first: list[NodeProto] = []
        self._after: dict[int, list[NodeProto]] = {}
        self._seen_names: dict[str, str] = {}
        self._raw_names: dict[str, str] = {}

    def add(self, quantizer: OnnxQuantizer) -> None:
        """Put one quantizer in."""
        tensor = quantizer.tensor
        place, port = self._producers.get(tensor, (None, 0))
        chain = self._first if place is None else self._after.setdefault(place, [])
        if quantizer.is_stored:
            if place is None:
                self._take_initializer(tensor)
                source = self._store(self._payload(quantizer))
            else:
                source = self._store_at_node(self._graph.node[place], quantizer)
            self._dequantize(chain, quantizer, source, tensor)
        elif place is None:
            self._seen_names[tensor] = self._names.new(f"{tensor}/dequantized")
            self._quantize(chain, quantizer, tensor, self._seen_names[tensor])
        else:
            source = self._raw_name(tensor)
            self._graph.node[place].output[port] = source
            self._quantize(chain, quantizer, source, tensor)

    def finish(self) -> None:
        """Let everybody read what they see, and bring the nodes into order."""
        graph = self._graph
        nodes = list(self._first)
        for place, node in enumerate(graph.node):
            rename_reads(node, self._seen_names)
            blind = node.op_type in _UNSEEN_BODIES
            rename_outer_reads(node, self._raw_names if blind else self._seen_names)
            nodes += [node, *self._after.get(place, [])]
        copies = [_copy(node) for node in nodes]
        del graph.node[:]
        graph.node.extend(copies)

    # -- stored constants ------------------------------------------------------------------------

    def _take_initializer(self, tensor: str) -> None:
        """Take a float constant away, or rename it where somebody still reads it."""
        graph = self._graph
        if tensor in self._raw_reads:
            stored = self._stored.get(tensor)
            values = stored if stored is not None else self._sparse[tensor].values
            values.name = self._raw_name(tensor)
        elif tensor in self._stored:
            graph.initializer.remove(self._stored[tensor])
        else:
            graph.sparse_initializer.remove(self._sparse[tensor])
        for value in [value for value in graph.input if value.name == tensor]:
            graph.input.remove(value)

    def _store_at_node(self, node: NodeProto, quantizer: OnnxQuantizer) -> str:
        """Let a Constant node hold the quantized value, and return what it is called."""
        payload = self._payload(quantizer)
        if quantizer.tensor in self._raw_reads:
            node.output[0] = self._raw_name(quantizer.tensor)
            return self._store(payload)
        node.output[0] = payload.name
        del node.attribute[:]
        node.attribute.append(helper.make_attribute("value", payload))
        return str(payload.name)

    def _payload(self, quantizer: OnnxQuantizer) -> TensorProto:
        name = self._names.new(f"{quantizer.tensor}/quantized")
        if quantizer.grid is None:
            return numpy_helper.from_array(quantizer.half, name)
        assert quantizer.codes is not None  # only stored constants come here
        return quantizer.grid.codes_tensor(name, quantizer.codes)

    def _store(self, tensor: TensorProto) -> str:
        self._graph.initializer.append(tensor)
        return str(tensor.name)

    def _raw_name(self, tensor: str) -> str:
        return self._raw_names.setdefault(tensor, self._names.new(f"{tensor}/float"))

    # -- operators -------------------------------------------------------------------------------

    def _quantize(
        self, chain: list[NodeProto], quantizer: OnnxQuantizer, source: str, result: str
    ) -> None:
        """Append the operators that quantize and dequantize a computed tensor."""
        tensor, grid = quantizer.tensor, quantizer.grid
        if grid is None:
            half = self._cast(chain, tensor, source, "float16", "quantized")
            self._dequantize(chain, quantizer, half, result)
            return
        if quantizer.dtype != "float32":
            source = self._cast(chain, tensor, source, "float32", "single")
        if quantizer.clips:
            assert grid.limits is not None  # that is what clipping means
            bounds = [
                self._store(
                    numpy_helper.from_array(np.asarray(limit), self._names.new(f"{tensor}/{which}"))
                )
                for which, limit in zip(("min", "max"), grid.limits, strict=True)
            ]
            source = self._node(chain, "Clip", tensor, [source, *bounds], "clipped")
        parameters = self._parameters(quantizer)
        codes = self._node(chain, "QuantizeLinear", tensor, [source, *parameters], "quantized")
        self._dequantize(chain, quantizer, codes, result, parameters)

    def _dequantize(
        self,
        chain: list[NodeProto],
        quantizer: OnnxQuantizer,
        source: str,
        result: str,
        parameters: list[str] | None = None,
    ) -> None:
        """Append the operators that make a tensor of its own type out of codes."""
        tensor, grid = quantizer.tensor, quantizer.grid
        if grid is None:
            self._cast(chain, tensor, source, quantizer.dtype, result, named=True)
            return
        inputs = [source, *(parameters or self._parameters(quantizer))]
        axis: dict[str, Any] = {} if grid.axis is None else {"axis": grid.axis}
        if quantizer.dtype == "float32":
            self._node(chain, "DequantizeLinear", tensor, inputs, result, named=True, **axis)
        else:
            single = self._node(chain, "DequantizeLinear", tensor, inputs, "dequantized", **axis)
            self._cast(chain, tensor, single, quantizer.dtype, result, named=True)

    def _parameters(self, quantizer: OnnxQuantizer) -> list[str]:
        """Store a grid's scales and zero points and return their names."""
        grid, tensor = quantizer.grid, quantizer.tensor
        assert grid is not None  # float16 has neither
        scale = grid.scale_tensor(self._names.new(f"{tensor}/scale"))
        zero_point = grid.zero_point_tensor(self._names.new(f"{tensor}/zero_point"))
        return [self._store(scale), self._store(zero_point)]

    def _cast(
        self,
        chain: list[NodeProto],
        tensor: str,
        source: str,
        dtype: str,
        output: str,
        *,
        named: bool = False,
    ) -> str:
        target = _ONNX_TYPES[dtype]
        return self._node(chain, "Cast", tensor, [source], output, named=named, to=target)

    def _node(
        self,
        chain: list[NodeProto],
        op_type: str,
        tensor: str,
        inputs: Iterable[str],
        output: str,
        *,
        named: bool = False,
        **attributes: Any,
    ) -> str:
        """Append an operator and return its output: `output`, or `TENSOR/output` unless `named`."""
        result = output if named else self._names.new(f"{tensor}/{output}")
        name = self._names.new(f"{tensor}/{op_type}")
        chain.append(helper.make_node(op_type, list(inputs), [result], name=name, **attributes))
        return result


def _copy(node: NodeProto) -> NodeProto:
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    return copy
