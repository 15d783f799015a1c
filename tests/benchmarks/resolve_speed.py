"""How long a resolve takes, whole and after edits. Run by hand:

    python tests/benchmarks/resolve_speed.py [MODEL.onnx …] [--nodes 5000] [--repeat 9]

Each figure is the best of the repetitions, in milliseconds, loading left out. The last model is
made here: a transformer-like graph of about the number of nodes asked for.
`docs/performance.md` has figures and the machine they were measured on.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[2]))

from quantsim_viz.config import load_config
from quantsim_viz.model import load_model
from quantsim_viz.resolve import resolve, resolve_edit

if TYPE_CHECKING:
    from collections.abc import Callable

    import onnx

    from quantsim_viz.model import Model

NODES_A_LAYER = 36


def document(**changes: Any) -> dict[str, Any]:
    """A configuration like those that ship for integer hardware."""
    relu = {"encoding_constraints": {"min": 0.0}}
    sections = {
        "defaults": {
            "ops": {"is_output_quantized": "True"},
            "params": {"is_quantized": "True", "is_symmetric": "True"},
            "strict_symmetric": "False",
            "unsigned_symmetric": "True",
            "per_channel_quantization": "False",
        },
        "params": {"bias": {"is_quantized": "False"}},
        "op_type": {"Relu": relu, "Softmax": {"is_output_quantized": "True"}},
        "supergroups": [{"op_list": ["Conv", "Relu"]}, {"op_list": ["Add", "Relu"]}],
        "model_input": {"is_input_quantized": "True"},
        "model_output": {},
    }
    return {**sections, **changes}


def edits() -> dict[str, dict[str, Any]]:
    """One changed document for each kind of rule."""
    plain = document()
    defaults = plain["defaults"]
    off = {"is_output_quantized": "False"}
    groups = [*plain["supergroups"], {"op_list": ["MatMul", "Add"]}]
    symmetric = {**defaults["ops"], "is_symmetric": "True"}
    return {
        "op_type": document(op_type={**plain["op_type"], "Softmax": off}),
        "supergroup": document(supergroups=groups),
        "defaults.params": document(defaults={**defaults, "params": {"is_quantized": "True"}}),
        "defaults.ops": document(defaults={**defaults, "ops": symmetric}, op_type={}),
    }


def transformer(nodes: int) -> onnx.ModelProto:
    """Attention and feed-forward blocks with decomposed norms, about `nodes` nodes in all."""
    made: list[onnx.NodeProto] = []
    stored = [
        numpy_helper.from_array(np.float32(2).reshape(()), "two"),
        numpy_helper.from_array(np.float32(1e-5).reshape(()), "eps"),
        numpy_helper.from_array(np.array([1, 4, 2, 4]), "heads"),
        numpy_helper.from_array(np.array([1, 4, 8]), "joined"),
    ]

    def op(kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"t{len(made)}"
        made.append(helper.make_node(kind, inputs, [name], name=f"n_{name}", **attributes))
        return name

    def weight(*shape: int) -> str:
        name = f"w{len(stored)}"
        stored.append(numpy_helper.from_array(np.zeros(shape, np.float32), name))
        return name

    def linear(x: str) -> str:
        return op("Add", op("MatMul", x, weight(8, 8)), weight(8))

    def norm(x: str) -> str:
        centred = op("Sub", x, op("ReduceMean", x, axes=[-1]))
        variance = op("ReduceMean", op("Pow", centred, "two"), axes=[-1])
        scaled = op("Div", centred, op("Sqrt", op("Add", variance, "eps")))
        return op("Add", op("Mul", scaled, weight(8)), weight(8))

    def heads(x: str) -> str:
        return op("Transpose", op("Reshape", linear(x), "heads"), perm=[0, 2, 1, 3])

    x = "x"
    for _ in range(nodes // NODES_A_LAYER):
        y = norm(x)
        query, key, value = heads(y), heads(y), heads(y)
        scores = op("MatMul", query, op("Transpose", key, perm=[0, 1, 3, 2]))
        mixed = op("MatMul", op("Softmax", scores, axis=-1), value)
        mixed = op("Reshape", op("Transpose", mixed, perm=[0, 2, 1, 3]), "joined")
        x = op("Add", x, linear(mixed))
        x = op("Add", x, linear(op("Relu", linear(x))))
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4, 8]) for name in ("x", x)]
    graph = helper.make_graph(made, "transformer", ends[:1], ends[1:], stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def best(run: Callable[[], Any], repeat: int) -> float:
    """Return the shortest time of several runs, in milliseconds."""
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times) * 1e3


def measure(model: Model, repeat: int) -> None:
    """Print one model's figures."""
    config = load_config(document())
    base = resolve(model, config)
    print(f"{model.name}: {len(model.graph.nodes)} nodes, {len(base.quantizers)} quantizers")
    print(f"  whole           {best(lambda: resolve(model, config), repeat):7.1f} ms")
    for name, changed in edits().items():
        edited = load_config(changed)
        alone = best(lambda c=edited: resolve_edit(base, c), repeat)
        states = best(lambda c=edited: resolve_edit(base, c).nodes, repeat)
        print(f"  {name:<15} {alone:7.1f} ms, with node states {states:.1f} ms")


def main() -> None:
    """Measure every model given, and the one made here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*")
    parser.add_argument("--nodes", type=int, default=5000)
    parser.add_argument("--repeat", type=int, default=9)
    arguments = parser.parse_args()
    for path in arguments.models:
        measure(load_model(path), arguments.repeat)
    measure(load_model(transformer(arguments.nodes)), arguments.repeat)


if __name__ == "__main__":
    main()
