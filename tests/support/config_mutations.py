"""Damaged configurations from a `random.Random`: wrong characters, values out of place."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

PIECES = (
    '"', "'", "{", "}", "[", "]", ",", ":", "\\", "\n", "\r", "\t", " ", "//", "/*", "*/", "#",
    "\x00", "\x1b[31m", "NaN", "Infinity", "true", "null", "1e999", "-", "01", "+1", ".5", "0x1",
    '"a"', "“", "”", "\ufeff", "\ud800", "\\ud800", "\u2028", "é", "🙂", "9" * 400, "[" * 300,
    '{"a":' * 60, "True", '"True"', '"False"', '"op_type"', '"Conv"', "\\u0000", "undefined",
)  # fmt: skip
"""What is written into a text."""

WORDS = (
    "", "True", "False", "true", " FALSE ", "int", "float", "8", "Conv", "Conv ", "conv", "Relu",
    "Concat", "MaxPool", "Reshape", "weight", "bias", "running_var", "V66", "v68", "V73",
    "LayerNormalization", "RMSNormalization", "MatmulAdd", "MatMulAdd", "MaskedSoftmax", "a/b~c",
    "/", "~", "~1", "0", "\x00", "\x1b[2J", "\ud800", "🙂", "x" * 3000, "__proto__", "op_list",
)  # fmt: skip
"""Texts that stand where others should."""

OPERATORS = (
    "Conv", "Relu", "Gemm", "MatMul", "Add", "Concat", "MaxPool", "AveragePool", "Reshape", "Tanh",
    "LSTM", "Resize", "Softmax", "BatchNormalization", "LayerNormalization", "Squeeze", "Clip",
    "Conv ", "", "a/b~c", "🙂",
)  # fmt: skip
"""Operator types to stand in place of others; some are none."""

KEYS = (
    "defaults", "ops", "params", "op_type", "supergroups", "supergroup_pass_list", "model_input",
    "model_output", "is_input_quantized", "is_output_quantized", "is_output_quantised",
    "is_symmetric", "is_quantized", "strict_symmetric", "unsigned_symmetric",
    "per_channel_quantization", "supported_kernels", "hw_version", "encoding_constraints", "min",
    "max", "activation", "param", "bitwidth", "dtype", "op_list", "weight", "bias",
)  # fmt: skip
"""Keys of the format, to stand anywhere."""

NUMBERS = (0, 1, -1, 2, 8, 16, 3, 0.5, -0.0, 1e308, -1e308, 5e-324, 10**30, -(10**400), 2**63, 6.0)


def random_junk(rng: random.Random, depth: int = 0) -> Any:
    """Return any JSON value, more often one that the format has somewhere."""
    kind = rng.randrange(10 if depth < 3 else 7)
    if kind < 3:
        return rng.choice(WORDS)
    if kind < 5:
        return rng.choice(NUMBERS)
    if kind < 7:
        return rng.choice((None, True, False, float("inf"), float("nan")))
    if kind < 8:
        return [random_junk(rng, depth + 1) for _ in range(rng.randrange(4))]
    keys = [rng.choice(rng.choice((KEYS, WORDS))) for _ in range(rng.randrange(4))]
    return {key: random_junk(rng, depth + 1) for key in keys}


def mutate_value(rng: random.Random, value: Any, changes: int) -> Any:
    """Return a copy of a JSON value to which so many things were done."""
    value = copy.deepcopy(value)
    for _ in range(changes):
        if rng.random() < 0.01:
            return random_junk(rng)
        containers = list(_iter_containers(value))
        if not containers:
            return value
        target = rng.choice(containers)
        if isinstance(target, dict):
            _mutate_object(rng, target, containers)
        else:
            _mutate_list(rng, target, containers)
    return value


def vary_value(rng: random.Random, value: Any, changes: int) -> Any:
    """Return a copy of a valid configuration with so many changes that mostly keep it valid."""
    value = copy.deepcopy(value)
    for _ in range(changes):
        target = rng.choice(_iter_containers(value))
        keys = list(target) if isinstance(target, dict) else list(range(len(target)))
        if not keys:
            continue
        key, other = rng.choice(keys), rng.choice(OPERATORS)
        if target[key] in ("True", "False"):
            target[key] = rng.choice(("True", "False"))
        elif isinstance(target[key], float | int):
            target[key] = rng.choice(NUMBERS)
        elif isinstance(target, list):
            target[key] = other if isinstance(target[key], str) else copy.deepcopy(target[key - 1])
        elif isinstance(target[key], dict) and key not in KEYS:
            target[other] = target.pop(key)
        elif key in ("op_list", "supergroups", "supergroup_pass_list"):
            rng.shuffle(target[key])
    return value


def _mutate_object(rng: random.Random, target: dict[str, Any], others: list[Any]) -> None:
    action, keys = rng.randrange(7), list(target)
    if action == 0 or not keys:
        target[rng.choice(rng.choice((KEYS, WORDS)))] = random_junk(rng)
        return
    key = rng.choice(keys)
    if action == 1:
        del target[key]
    elif action == 2:
        target[key] = random_junk(rng)
    elif action == 3:
        target[rng.choice((*KEYS, key.upper(), key + "s", key[:-1]))] = target.pop(key)
    elif action == 4:
        target[key] = copy.deepcopy(rng.choice(others))
    elif action == 5 and isinstance(target[key], str):
        target[key] = "False" if target[key] == "True" else rng.choice(WORDS)
    else:
        target[key] = [target[key]] if rng.random() < 0.5 else {key: target[key]}


def _mutate_list(rng: random.Random, target: list[Any], others: list[Any]) -> None:
    action = rng.randrange(5)
    if action == 0 or not target:
        target.append(random_junk(rng))
    elif action == 1:
        del target[rng.randrange(len(target))]
    elif action == 2:
        target[rng.randrange(len(target))] = random_junk(rng)
    elif action == 3:
        target.insert(0, copy.deepcopy(rng.choice(target)))
    else:
        target.append(copy.deepcopy(rng.choice(others)))


def _iter_containers(value: Any) -> list[Any]:
    """Return every object and list in a value, itself first."""
    if not isinstance(value, dict | list):
        return []
    found = [value]
    for child in value.values() if isinstance(value, dict) else value:
        found += _iter_containers(child)
    return found


def mutate_text(rng: random.Random, text: str, changes: int) -> str:
    """Return a text in which so many places were cut, written over, doubled or filled in."""
    for _ in range(changes):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice((0, 1, 1, 2, 5, 40)))
        action = rng.randrange(6)
        if action == 0:
            text = text[:at] + text[end:]
        elif action == 1:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif action == 2:
            text = text[:at] + rng.choice(PIECES) + text[end:]
        elif action == 3:
            text = text[:end] + text[at:]
        elif action == 4 and rng.random() < 0.3:
            text = text[:at]
        else:
            other = rng.randrange(len(text) + 1)
            text = text[:at] + text[other : other + rng.randrange(30)] + text[end:]
    return text


def mutate_bytes(rng: random.Random, content: bytes, changes: int) -> bytes:
    """Return bytes of which so many were flipped, cut out, doubled or filled in."""
    data = bytearray(content)
    for _ in range(changes):
        at = rng.randrange(len(data) + 1)
        action = rng.randrange(6)
        if action < 2 and data:
            data[min(at, len(data) - 1)] = rng.randrange(256)
        elif action == 2:
            del data[at : at + rng.choice((1, 2, 8, 100))]
        elif action == 3:
            data[at:at] = rng.randbytes(rng.choice((1, 2, 8)))
        elif action == 4:
            data[at:at] = data[at : at + rng.choice((1, 4, 64))]
        elif rng.random() < 0.2:
            del data[at:]
    return bytes(data)


def write_json(rng: random.Random, value: Any) -> str:
    """Write a value as text in one of several layouts (`NaN` as Python writes it)."""
    return json.dumps(
        value,
        indent=rng.choice((None, 1, 2, 4, "\t")),
        ensure_ascii=rng.random() < 0.5,
        separators=rng.choice((None, (",", ":"), (" , ", " : "))),
    )
