"""Random configurations for property tests: valid ones, and ones with a few things wrong."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

BOOLEANS = st.sampled_from(["True", "False"])
OP_TYPES = st.sampled_from(["Conv", "Relu", "Gemm", "MatMul", "Add", "Squeeze", "a/b~c", ""])
PARAM_TYPES = st.sampled_from(["weight", "bias", "running_mean", "other"])
NUMBERS = st.sampled_from([0, 0.0, 1, -1.5, 1e300, 8.0, -7])
PASSES = st.sampled_from(["LayerNormalization", "RMSNormalization", "MatmulAdd", "MaskedSoftmax"])


def record(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that hold any of these keys."""
    return st.fixed_dictionaries({}, optional=members)


PARAM_ENTRIES = record(is_quantized=BOOLEANS, is_symmetric=BOOLEANS)
PRECISIONS = st.sampled_from(
    [{"bitwidth": bits, "dtype": "int"} for bits in (4, 8, 16, 32)]
    + [{"bitwidth": bits, "dtype": "float"} for bits in (16, 32)]
)
DEFAULT_KERNELS = st.lists(
    st.fixed_dictionaries({"activation": PRECISIONS, "param": PRECISIONS}), min_size=1, max_size=2
)
OP_KERNELS = st.lists(
    st.fixed_dictionaries({"activation": PRECISIONS}, optional={"param": PRECISIONS}),
    min_size=1,
    max_size=2,
)
OP_ENTRIES = record(
    is_input_quantized=st.just("True"),
    is_output_quantized=BOOLEANS,
    is_symmetric=BOOLEANS,
    per_channel_quantization=BOOLEANS,
    params=st.dictionaries(PARAM_TYPES, PARAM_ENTRIES, max_size=2),
    supported_kernels=OP_KERNELS,
    encoding_constraints=st.fixed_dictionaries({"min": NUMBERS}, optional={"max": NUMBERS}),
)
VALID_CONFIGS = st.fixed_dictionaries(
    {
        "defaults": st.fixed_dictionaries(
            {
                "ops": record(is_output_quantized=st.just("True"), is_symmetric=BOOLEANS),
                "params": PARAM_ENTRIES,
            },
            optional={
                "strict_symmetric": BOOLEANS,
                "unsigned_symmetric": BOOLEANS,
                "per_channel_quantization": BOOLEANS,
                "supported_kernels": DEFAULT_KERNELS,
                "hw_version": st.sampled_from(["V66", "V73", ""]),
            },
        ),
        "params": st.dictionaries(PARAM_TYPES, PARAM_ENTRIES, max_size=2),
        "op_type": st.dictionaries(OP_TYPES, OP_ENTRIES, max_size=3),
        "supergroups": st.lists(
            st.fixed_dictionaries({"op_list": st.lists(OP_TYPES, min_size=2, max_size=3)}),
            max_size=3,
        ),
        "model_input": record(is_input_quantized=st.just("True")),
        "model_output": record(is_output_quantized=st.just("True")),
    },
    optional={"supergroup_pass_list": st.lists(PASSES, max_size=3)},
)
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2, 8, -1, 0.5, 1e308, 10**400, float("inf")]),
    st.sampled_from(
        ["", "True", "False", "true", " FALSE", "int", "float", "8", "Int", "\ud800\n"]
    ),
    st.sampled_from(["MatMulAdd", "LayerNorm", "nothing like it", "x" * 300]),
    st.sampled_from([[], ["True"], ["Conv"], {}, [{}], {"op_list": ["Conv", "Relu"]}]),
    st.sampled_from(
        [{"is_quantized": "True"}, {"min": 0}, {"max": 0}, {"min": True, "minimum": 1}]
    ),
    st.sampled_from([[{"activation": {"bitwidth": 8, "dtype": "float"}}], {"min": 2, "max": 1}]),
    st.recursive(st.none(), lambda inner: st.lists(inner), max_leaves=5),
)
KEYS = st.sampled_from(
    [
        "is_input_quantized",
        "is_output_quantised",
        "is_symetric",
        "Is_Quantized",
        "params",
        "ops",
        "op_types",
        "op_list",
        "oplist",
        "supported_kernels",
        "encoding_constraints",
        "min",
        "max",
        "maximum",
        "activation",
        "param",
        "bitwidth",
        "dtype",
        "hw_version",
        "supergroup",
        "model_input",
        "Conv",
        "weight",
        "a/b",
        "zz",
        "�",
        "\x1b[31m",
        "",
        "x" * 300,
    ]
)


@st.composite
def mutated_configs(draw: st.DrawFn) -> Any:
    """Valid configurations to which up to three things were done."""
    config = copy.deepcopy(draw(VALID_CONFIGS))
    for _ in range(draw(st.integers(1, 3))):
        if not isinstance(config, dict | list) or not config:
            break
        config = _mutate(draw, config)
    return config


def _mutate(draw: st.DrawFn, config: Any) -> Any:
    containers = [value for value in _iter_values(config) if isinstance(value, dict | list)]
    target = draw(st.sampled_from(containers))
    action = draw(st.sampled_from(["remove", "replace", "replace", "add", "root"]))
    if action == "root" and draw(st.integers(0, 9)) == 0:
        return copy.deepcopy(draw(JUNK))
    keys = list(target) if isinstance(target, dict) else list(range(len(target)))
    if action == "remove" and keys:
        del target[draw(st.sampled_from(keys))]
    elif action == "replace" and keys:
        target[draw(st.sampled_from(keys))] = copy.deepcopy(draw(JUNK))
    elif isinstance(target, dict):
        target[draw(KEYS)] = copy.deepcopy(draw(JUNK))
    else:
        target.append(copy.deepcopy(draw(JUNK)))
    return config


def _iter_values(value: Any) -> list[Any]:
    children = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    )
    return [value, *(below for child in children for below in _iter_values(child))]
