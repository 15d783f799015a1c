"""The table of a model's nodes, which travels once, and the letters that change with every edit."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from quantsim_viz.resolve.settings import Kind, Status
from quantsim_viz.viz.palette import encode_statuses, palette_data

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.model import Model, Node, Tensor
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.settings import QuantizerSetting

MEASURES = ("isolated", "sensitivity")
"""What can be measured of a layer besides its cumulative noise."""

QUANTIZERS = "quantizers"
"""The measure that splits the noise of every quantizer into rounding and clipping."""

FLOAT_DTYPES = frozenset({"float16", "float32", "float64", "double", "bfloat16"})


def shown_nodes(model: Model) -> tuple[Node, ...]:
    """Return the nodes that the outline and the table list: all but `Constant`, in file order."""
    return tuple(node for node in model.graph.nodes if node.op_type != "Constant")


def table_bytes(model: Model) -> bytes:
    """Return the table of nodes as JSON, with the palette to draw their statuses by."""
    nodes = [_row(model, node) for node in shown_nodes(model)]
    document = {"nodes": nodes, "palette": palette_data()}
    return json.dumps(document, separators=(",", ":")).encode()


def _row(model: Model, node: Node) -> dict[str, Any]:
    inputs = (model.graph.tensors[name] for name in node.inputs if name)
    tensors = (model.graph.tensors[name] for name in node.outputs if name)
    return {
        "name": node.name,
        "op_type": node.op_type,
        "module": node.module,
        "scope": list(node.scope),
        "params": [t.name for t in inputs if t.is_initializer],
        "tensors": [
            {"name": tensor.name, "shape": shape_text(tensor)}
            for tensor in tensors
            if tensor.dtype in FLOAT_DTYPES
        ],
    }


def shape_text(tensor: Tensor) -> str:
    """Return a shape for reading: `N × 8 × 7 × 7`."""
    if tensor.shape is None:
        return "?"
    return " × ".join("?" if length is None else str(length) for length in tensor.shape) or "scalar"


def status_letters(model: Model, cascade: Cascade | None) -> str:
    """Return one letter a listed node, in the table's order (`viz.palette`)."""
    if cascade is None:
        return "?" * len(shown_nodes(model))
    states = (cascade.nodes.get(node.name) for node in shown_nodes(model))
    return encode_statuses(None if state is None else state.status for state in states)


def output_precisions(cascade: Cascade | None) -> dict[str, str] | None:
    """Return what every quantized activation is quantized to, or whose grid it carries.

    Those that are missing are float; None where nothing is known of any.
    """
    if cascade is None or cascade.error is not None:
        return None
    found = {
        name: precision_text(setting)
        for name, setting in cascade.quantizers.items()
        if setting.enabled and setting.kind is not Kind.PARAM
    }
    for name, state in cascade.nodes.items():
        if state.status is Status.PASSTHROUGH:
            for tensor in cascade.model.node(name).outputs:
                words = grid_words(cascade, tensor)
                if words:
                    found[tensor] = words
    return found


def grid_words(cascade: Cascade, tensor: str) -> str:
    """Return whose grid a tensor without a quantizer of its own carries, `""` for nobody's."""
    carrier = cascade.effective_quantizer(tensor)
    return "" if carrier is None or carrier == tensor else f"grid of {carrier}"


def precision_text(setting: QuantizerSetting) -> str:
    """Return a quantizer's precision: `int8`, `float16`."""
    return f"{setting.dtype}{setting.bitwidth}"


def op_type_counts(model: Model) -> list[tuple[str, int]]:
    """Return the model's operator types, the most frequent first."""
    counts = Counter(node.op_type for node in shown_nodes(model))
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def layer_figures(
    layers: list[Mapping[str, Any]], quantizers: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return, by tensor: `f` = [sqnr_db, signal, noise], `e` = its encoding.

    `m` has the same figures of the other measures that were taken, `q` = [sqnr_db, clipping_share,
    wider_db, finer_db] of the tensor's own quantizer; `measures` names what there is.
    """
    rows: dict[str, dict[str, Any]] = {}
    measures: dict[str, None] = {}
    for layer in layers:
        figure = layer.get("cumulative")
        row: dict[str, Any] = {"e": layer.get("encoding")}
        if figure is not None:
            row["f"] = [figure["sqnr_db"], figure["signal"], figure["noise"]]
        others = {name: layer[name] for name in MEASURES if layer.get(name) is not None}
        if others:
            row["m"] = {name: [f["sqnr_db"], f["signal"], f["noise"]] for name, f in others.items()}
            measures |= dict.fromkeys(others)
        rows[layer["tensor"]] = row
    for tensor, noise in (quantizers or {}).items():
        split = [noise[key] for key in ("sqnr_db", "clipping_share", "wider_db", "finer_db")]
        rows.setdefault(tensor, {"e": None})["q"] = split
        measures[QUANTIZERS] = None
    return {"layers": rows, "measures": list(measures)}
