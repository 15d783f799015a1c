"""Hold an exported QDQ model, executed by onnxruntime, against our simulation.

A rounding tie that two runtimes see differently moves one element by one step, and everything
behind it a little. So every quantized tensor is compared twice: *given ours before it*, where the
exported graph is cut at each quantized tensor and fed with ours, and, at the outputs, end to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper

from quantsim_viz import export, load_config, load_model, resolve, run
from quantsim_viz.sim import constants, powers, quantize
from quantsim_viz.sim.quantize import Quantizer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

    from quantsim_viz.model import Model
    from quantsim_viz.sim.encodings import Encoding

    Array = np.ndarray[Any, Any]

ROUNDING = 1e-6
"""Single precision's noise in a sum, as a share of the range: so far from a tie is still at one."""

_TYPES = {"float16": TensorProto.FLOAT16, "float64": TensorProto.DOUBLE}


@dataclass(frozen=True)
class Agreement:
    """How far one tensor agrees.

    Attributes:
        tensor: Its name in the file.
        elements: How many elements it has.
        apart: How many are not on the same code.
        ties: How many of those stood at a rounding tie, which the two resolve differently.
        steps: The largest difference, in steps of its grid.
    """

    tensor: str
    elements: int
    apart: int
    ties: int
    steps: float

    @property
    def share(self) -> float:
        """Share of elements that are not on the same code, ties apart."""
        return (self.apart - self.ties) / self.elements if self.elements else 0.0


@dataclass(frozen=True)
class Comparison:
    """One model, configuration and data set, executed by both.

    Attributes:
        computed: Every quantized tensor that is computed, given ours before it.
        stored: Every quantized constant.
        ours: Our outputs.
        theirs: onnxruntime's, end to end.
    """

    computed: tuple[Agreement, ...]
    stored: tuple[Agreement, ...]
    ours: Mapping[str, Array]
    theirs: Mapping[str, Array]

    @property
    def share(self) -> float:
        """Share of all computed elements that are not on the same code, ties among them."""
        return sum(a.apart for a in self.computed) / sum(a.elements for a in self.computed)

    @property
    def ties(self) -> int:
        """How many elements stood at a tie and came out a step apart."""
        return sum(a.ties for a in self.computed)

    @property
    def worst(self) -> Agreement:
        """The computed tensor with the largest share of elements apart beside ties."""
        return max(self.computed, key=lambda each: each.share)

    @property
    def steps(self) -> float:
        """The largest difference in steps."""
        return max(each.steps for each in self.computed)

    @property
    def output_error(self) -> float:
        """The largest difference of an output, end to end, as a share of its range."""
        return max(
            float(np.abs(value.astype(float) - self.theirs[name]).max() / (np.ptp(value) or 1.0))
            for name, value in self.ours.items()
            if value.dtype.kind == "f" and value.size
        )

    def __str__(self) -> str:
        return (
            f"{len(self.computed)} computed and {len(self.stored)} stored tensors: "
            f"{self.share:.1e} of elements apart, {self.ties} of them at ties, beside ties at most "
            f"{self.worst.share:.1e} ({self.worst.tensor}), by {self.steps:.1f} steps; "
            f"outputs end to end {self.output_error:.1e} of their range"
        )


def compare_with_onnxruntime(
    model: Any, config: Any, data: Mapping[str, Array], **options: Any
) -> Comparison:
    """Export a simulation as QDQ and execute both on the same data.

    Args:
        model: Anything `load_model` takes.
        config: Anything `load_config` takes.
        data: By input.
        options: Of `export`: bit widths, scheme, calibration.
    """
    loaded = load_model(model)
    bits = {key: options[key] for key in ("param_bits", "act_bits") if key in options}
    cascade = resolve(loaded, load_config(config), **bits)
    exported = export(loaded, cascade, data, format="qdq", **options)
    _check(exported)
    quantized = [name for name, setting in cascade.quantizers.items() if setting.enabled]
    simulated = run(loaded, data, config=cascade, tensors=quantized, **options)
    outputs = list(loaded.graph.outputs)
    stored = [name for name in quantized if loaded.constant(name) is not None]
    computed = [name for name in quantized if loaded.constant(name) is None]
    end_to_end = execute(exported, data, [*outputs, *stored])
    return Comparison(
        _given_ours(exported, loaded, computed, data, simulated),
        tuple(
            _agreement(n, _once(simulated[n], loaded, n), end_to_end[n], exported) for n in stored
        ),
        {name: simulated[name] for name in outputs},
        {name: end_to_end[name] for name in outputs},
    )


def compare_end_to_end(
    model: Any, config: Any, data: Mapping[str, Array], **options: Any
) -> tuple[Agreement, ...]:
    """Compare every computed quantized tensor, each runtime fed with nothing but the inputs."""
    loaded = load_model(model)
    cascade = resolve(loaded, load_config(config))
    exported = export(loaded, cascade, data, format="qdq", **options)
    tensors = [
        name
        for name, setting in cascade.quantizers.items()
        if setting.enabled and loaded.constant(name) is None
    ]
    ours = run(loaded, data, config=cascade, tensors=tensors, **options)
    places = {name: place_of(exported, name) for name in tensors}
    theirs = execute(exported, data, list(places.values()))
    return tuple(_agreement(n, ours[n], theirs[place], exported) for n, place in places.items())


def round_ties_to_even(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let our per-tensor quantizers round as QuantizeLinear does.

    Stored constants are left: the file holds their codes, which are rounded up.
    """

    class Stored(Quantizer):
        apply = Quantizer.apply

    def quantize_stored(tensor: torch.Tensor, encoding: Encoding) -> torch.Tensor:
        return quantize.quantize_with(tensor, Stored(encoding, tensor.device))

    def apply(quantizer: Quantizer, source: torch.Tensor, target: torch.Tensor) -> None:
        low, high = quantizer.bounds
        scale = quantizer.encoding.scale[0]
        torch.clamp(source, low, high, out=target)
        target.div_(scale).round_().mul_(scale)

    monkeypatch.setattr(Quantizer, "apply", apply)
    monkeypatch.setattr(constants, "quantize", quantize_stored)
    for module in (quantize, powers):
        monkeypatch.setattr(module, "compiled", lambda *_: None)


def _check(exported: onnx.ModelProto) -> None:
    """Check a model, apart from outputs that had no shape in the file either."""
    declared = onnx.ModelProto()
    declared.CopyFrom(exported)
    for output in declared.graph.output:
        output.type.tensor_type.shape.SetInParent()
    onnx.checker.check_model(declared)


def _given_ours(
    exported: onnx.ModelProto,
    model: Model,
    tensors: Sequence[str],
    data: Mapping[str, Array],
    simulated: Mapping[str, Array],
) -> tuple[Agreement, ...]:
    """Compare tensors, each computed from our values of the quantized tensors before it."""
    cut = onnx.ModelProto()
    cut.CopyFrom(exported)
    places = {place_of(exported, name): name for name in tensors}
    for node in cut.graph.node:
        for port, name in enumerate(node.output):
            if name in places:
                node.output[port] = f"{name}/recomputed"
                dtype = model.graph.tensors[places[name]].dtype
                kind = _TYPES.get(dtype, TensorProto.FLOAT)
                cut.graph.input.append(helper.make_tensor_value_info(name, kind, None))
    del cut.graph.output[:]
    fed = {**data, **{place: simulated[name] for place, name in places.items()}}
    raw = [f"{name}/float" for place, name in places.items() if place == name]
    found = execute(cut, fed, [*(f"{place}/recomputed" for place in places), *raw])
    return tuple(
        _agreement(
            name,
            simulated[name],
            found[f"{place}/recomputed"],
            exported,
            data[name] if place != name else found[f"{name}/float"],
        )
        for place, name in places.items()
    )


def place_of(exported: onnx.ModelProto, tensor: str) -> str:
    """Return where an exported model has a tensor as its consumers see it."""
    made = {name for node in exported.graph.node for name in node.output}
    return tensor if tensor in made else f"{tensor}/dequantized"


def scale_of(exported: onnx.ModelProto, tensor: str, rank: int) -> Array | None:
    """Return the scales of a tensor's grid, shaped to broadcast; None without a grid."""
    stored = {each.name: each for each in exported.graph.initializer}
    for node in exported.graph.node:
        if node.op_type == "DequantizeLinear" and node.name == f"{tensor}/DequantizeLinear":
            scale = numpy_helper.to_array(stored[node.input[1]])
            axes = [attribute.i for attribute in node.attribute if attribute.name == "axis"]
            shape = [1] * rank
            for axis in axes:
                shape[axis] = -1
            return scale.reshape(shape if axes else ())
    return None


def execute(
    model: onnx.ModelProto, data: Mapping[str, Array], tensors: Sequence[str]
) -> dict[str, Array]:
    """Run a model in onnxruntime with every optimization off, and return these tensors."""
    asked = onnx.ModelProto()
    asked.CopyFrom(model)
    known = {value.name for value in asked.graph.output}
    for name in dict.fromkeys(tensors):
        if name not in known:
            asked.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(asked.SerializeToString(), options)
    names = [value.name for value in session.get_outputs()]
    inputs = {value.name: data[value.name] for value in session.get_inputs()}
    return dict(zip(names, session.run(None, inputs), strict=True))


def top1(outputs: Mapping[str, Array], labels: Array) -> float:
    """Return the share of samples whose largest score is the label's."""
    scores = next(iter(outputs.values()))
    return float((scores.argmax(axis=-1) == labels).mean())


def _once(repeated: Array, model: Model, tensor: str) -> Array:
    """Return a constant that `run` repeats for every batch."""
    constant = model.constant(tensor)
    assert constant is not None
    return repeated[: constant.shape[0]] if constant.shape else repeated.reshape(-1)[0]


def _agreement(
    tensor: str,
    ours: Array,
    theirs: Array,
    exported: onnx.ModelProto,
    raw: Array | None = None,
) -> Agreement:
    assert ours.shape == theirs.shape, (tensor, ours.shape, theirs.shape)
    scale = scale_of(exported, tensor, ours.ndim)
    if scale is None:  # float16: its own spacing
        scale = np.maximum(np.spacing(np.abs(ours).astype(np.float16)).astype(float), 2.0**-24)
    difference = np.abs(ours.astype(np.float64) - theirs.astype(np.float64))
    steps = np.where(difference == 0, 0, difference / scale)
    apart = steps > 0.5
    ties = np.zeros_like(apart) if raw is None else apart & _at_ties(raw, scale)
    return Agreement(
        tensor, ours.size, int(apart.sum()), int(ties.sum()), float(steps.max(initial=0))
    )


def _at_ties(raw: Array, scale: Array) -> Array:
    """Tell which values lie half-way between two codes, as far as single precision knows."""
    finite = np.isfinite(raw)
    known = np.where(finite, raw, 0).astype(np.float64)
    position = known / scale
    noise = ROUNDING * float(np.ptp(known)) / scale if known.size else 0.0
    distance = np.abs(position - np.floor(position) - 0.5)
    return finite & (distance <= np.maximum(noise, 1e-5))
