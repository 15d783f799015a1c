"""One case of the fuzzer: a damaged configuration or model, and what may become of it.

Every case ends in a result or in a `QuantSimError` that says what, where and what to do; anything
else leaves `run_case` as an exception. The case of a number is the same on every machine.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx
from support.config_mutations import (
    mutate_bytes,
    mutate_text,
    mutate_value,
    random_junk,
    vary_value,
    write_json,
)
from support.model_mutations import mutate_model, parse
from support.model_variations import vary_model
from support.random_pairs import random_config, random_model

from quantsim_viz import load_config, load_model
from quantsim_viz.config import list_presets
from quantsim_viz.errors import QuantSimError
from quantsim_viz.lint import lint, lint_cascade
from quantsim_viz.resolve import diff, diff_cascades, format_difference, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable

    from quantsim_viz.config import Config
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.model import Model
    from quantsim_viz.resolve import Cascade

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("config", "model")
POOL = 40
"""Small random models that damaged configurations are resolved on."""

LARGE_SHARE = 0.06
"""Share of model cases that start from a sample model or one of ONNX's light networks."""

BIT_WIDTHS = ((8, 8), (8, 8), (4, 16), (16, 16), ("float16", 8))
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def run_case(kind: str, seed: int, number: int) -> str:
    """Run one case and return in a word how it ended: a code, or what was found.

    Raises:
        Exception: The case is a finding.
    """
    rng = random.Random(f"{seed}/{kind}/{number}")
    if kind == "config":
        return check_config(rng, make_config(rng))
    return check_model(rng, make_model(rng))


# -- configurations ------------------------------------------------------------------------------


@cache
def preset_texts() -> tuple[str, ...]:
    """Return the texts of all presets."""
    return tuple(Path(entry.path).read_text(encoding="utf-8") for entry in list_presets())


@cache
def pool_model(number: int) -> tuple[onnx.ModelProto, Model]:
    """Return a small sound model to resolve on."""
    proto = random_model(number)
    return proto, load_model(proto)


def make_config(rng: random.Random) -> str | bytes | Any:
    """Return the configuration of a case: a text, the bytes of a file, or a value."""
    if rng.random() < 0.5:
        text = rng.choice(preset_texts())
        value = json.loads(text)
    else:
        value = random_config(rng.randrange(10**6), pool_model(rng.randrange(POOL))[0])
        text = write_json(rng, value)
    how, changes = rng.random(), rng.choice((1, 1, 2, 3, 5))
    if how < 0.25:
        return write_json(rng, vary_value(rng, value, 4 * changes))
    if how < 0.45:
        return mutate_text(rng, text, changes)
    if how < 0.5:
        return mutate_bytes(rng, text.encode(), changes)
    if how < 0.52:
        return write_json(rng, random_junk(rng))
    value = mutate_value(rng, value, changes)
    return value if how < 0.65 and isinstance(value, dict | list) else write_json(rng, value)


def check_config(rng: random.Random, source: Any) -> str:
    """Read, check, resolve, lint and compare a damaged configuration."""
    try:
        config = _read(source)
    except QuantSimError as error:
        assert_well_told(error, has_text=isinstance(source, str) or error.code == "not-utf8")
        return error.code
    assert_well_found(config.diagnostics, config)
    assert_well_found(lint(config), config)
    _, model = pool_model(rng.randrange(POOL))
    bits = rng.choice(BIT_WIDTHS)
    cascade = resolve(model, config, param_bits=bits[0], act_bits=bits[1])
    ask_everything(cascade)
    other = load_config(text=rng.choice(preset_texts()))
    compare(cascade, resolve(model, other, param_bits=bits[0], act_bits=bits[1]))
    if config.rules is None:
        assert config.errors, "a configuration without rules says why"
        return "invalid"
    return "resolved" if cascade.error is None else cascade.error.code


def _read(source: Any) -> Config:
    if isinstance(source, str):
        return load_config(text=source)
    if not isinstance(source, bytes):
        return load_config(source)
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(source)
        file.flush()
        return load_config(file.name)


# -- models --------------------------------------------------------------------------------------


@cache
def large_models() -> tuple[bytes, ...]:
    """Return the sample models and ONNX's light networks, whose weights are computed by nodes."""
    light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    files = [*sorted((ROOT / "sample_models").glob("*.onnx")), *sorted(light.glob("*.onnx"))]
    return tuple(file.read_bytes() for file in files)


def make_model(rng: random.Random) -> bytes:
    """Return the file of a case."""
    if rng.random() < LARGE_SHARE:
        content = rng.choice(large_models())
    else:
        content = random_model(rng.randrange(10**6)).SerializeToString()
    changes, how = rng.choice((1, 1, 2, 3, 6)), rng.random()
    if how < 0.2:
        return mutate_bytes(rng, content, changes)
    model = parse(content)
    if how < 0.6:
        vary_model(rng, model, 2 * changes)
    if how >= 0.55:
        mutate_model(rng, model, changes)
    return model.SerializeToString()


def check_model(rng: random.Random, content: bytes) -> str:
    """Read a damaged model and resolve, lint and compare configurations on it."""
    try:
        model = load_model(content)
    except QuantSimError as error:
        assert_well_told(error)
        return error.code
    bits = rng.choice(BIT_WIDTHS)
    proto = pool_model(rng.randrange(POOL))[0]
    ours = load_config(random_config(rng.randrange(10**6), proto))
    other = load_config(text=rng.choice(preset_texts()))
    cascades = [
        resolve(model, config, param_bits=bits[0], act_bits=bits[1]) for config in (ours, other)
    ]
    for cascade in cascades:
        ask_everything(cascade)
    compare(*cascades)
    errors = [cascade.error.code for cascade in cascades if cascade.error is not None]
    return errors[0] if errors else "resolved"


# -- what every answer must be -------------------------------------------------------------------


def ask_everything(cascade: Cascade) -> None:
    """Ask a resolved configuration everything it can be asked."""
    written = cascade.to_dict()
    assert json.loads(json.dumps(written, allow_nan=False)) is not None
    if cascade.error is not None:
        assert CODE.fullmatch(cascade.error.code), cascade.error.code
        assert cascade.error.message
    names = [*cascade.quantizers, *cascade.nodes]
    for name in names if len(names) < 200 else names[:: len(names) // 100]:
        assert cascade.explain(name)
    assert_well_found(cascade.diagnostics, cascade.config)
    assert_well_found(lint_cascade(cascade), cascade.config)


def compare(first: Cascade, second: Cascade) -> None:
    """Compare two cascades both ways, and one with itself."""
    there, back = diff_cascades(first, second), diff_cascades(second, first)
    assert len(there.changes) == len(back.changes)
    for difference in (there, back):
        assert format_difference(difference)
        json.dumps(difference.to_dict(), allow_nan=False)
    assert not diff(first.model, first.config, first.config).changes


def assert_well_told(error: QuantSimError, *, has_text: bool = False) -> None:
    """An error has a code, a message and a hint, and a place where there is a text."""
    assert CODE.fullmatch(error.code), error.code
    assert error.message.strip()
    assert error.hint.strip(), f"[{error.code}] {error.message} has no hint"
    assert "Traceback" not in error.message
    if has_text:
        assert error.line is not None
        assert error.column is not None


def assert_well_found(findings: Iterable[Diagnostic], config: Config) -> None:
    """A finding has a code, a message, and a place inside the text."""
    lines = config.document.text.split("\n")
    for finding in findings:
        assert CODE.fullmatch(finding.code), finding.code
        assert finding.message.strip()
        json.dumps(finding.to_dict(), allow_nan=False)
        if finding.line is not None and finding.rule:
            assert 1 <= finding.line <= len(lines), finding
