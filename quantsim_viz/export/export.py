"""The door: calibrate a configuration and write it in a format that other tools read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rapidfuzz import process

from quantsim_viz.errors import QuantSimError
from quantsim_viz.export.aimet import ACTIVATION_TYPES, AS_CONFIGURED, encodings_document
from quantsim_viz.export.qdq import qdq_model
from quantsim_viz.export.refusals import refuse_uncalibrated
from quantsim_viz.export.write import write_document, write_model
from quantsim_viz.sim import calibrated, load_data
from quantsim_viz.sim.simulate import accepted, as_model

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import torch

    from quantsim_viz.sim.watch import Progress

FORMATS = ("aimet-0.6.1", "aimet-1.0.0", "aimet-2.0.0", "qdq")


def export(
    model: Any,
    config: Any,
    data: Any,
    *,
    format: str,  # noqa: A002 - the word of the command line
    path: str | os.PathLike[str] | None = None,
    scheme: str = "min_max",
    percentile: float = 100.0,
    calibration: Any = None,
    param_bits: Any = 8,
    act_bits: Any = 8,
    batch_size: int | None = None,
    samples: int | None = None,
    seed: int | None = None,
    activations_as: str = AS_CONFIGURED,
    int32_biases: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    device: torch.device | str = "cpu",
) -> Any:
    """Calibrate a configuration as `simulate` does and export it.

    Args:
        model: From `load_model`, or anything that it takes.
        config: From `load_config`, or anything that it takes.
        data: What to find ranges on, unless there are calibration data.
        format: One of `FORMATS`.
        path: Where to write; the file is whole or not there.
        scheme: How observed ranges become encodings.
        percentile: What the scheme `percentile` keeps.
        calibration: Data to find ranges on instead.
        param_bits: Precision of parameters.
        act_bits: Precision of activations.
        batch_size: Samples executed at once.
        samples: Use the first so many samples only.
        seed: Draw as many instead.
        activations_as: `aimet-2.0.0` only: `configured`, `unsigned` or `signed` types.
        int32_biases: `aimet-2.0.0` only: add encodings for float biases, as AIMET's export does.
        progress: As for `simulate`.
        cancelled: As for `simulate`.
        device: Where to execute.

    Returns:
        What was exported: the encodings as a dictionary, or the `onnx.ModelProto`.

    Raises:
        ConfigError: AIMET refuses the configuration.
        DataError: The data do not fit the model.
        QuantSimError: The format cannot express it (`not-expressible`), a quantizer was shown no
            data (`quantizer-without-data`), or the file cannot be written (`unwritable`).
    """
    _check(format, activations_as, int32_biases)
    loaded = as_model(model)
    cascade = accepted(loaded, config, (param_bits, act_bits))
    source = load_data(loaded, data, samples=samples, seed=seed)
    ranges = source if calibration is None else load_data(loaded, calibration)
    found = calibrated(
        loaded,
        cascade,
        ranges,
        scheme=scheme,
        percentile=percentile,
        batch_size=batch_size,
        progress=progress,
        cancelled=cancelled,
        device=device,
    )
    refuse_uncalibrated(cascade, found.encodings)
    if format == "qdq":
        exported = qdq_model(found)
        if path is not None:
            write_model(exported, path)
        return exported
    document = encodings_document(
        found,
        format.removeprefix("aimet-"),
        activations_as=activations_as,
        int32_biases=int32_biases,
    )
    if path is not None:
        write_document(document, path)
    return document


def _check(target: str, activations_as: str, int32_biases: bool) -> None:
    """Refuse what there is not, before any work is done."""
    _check_choice("format", target, FORMATS)
    _check_choice("type of activations", activations_as, ACTIVATION_TYPES)
    if target != "aimet-2.0.0" and (int32_biases or activations_as != AS_CONFIGURED):
        raise QuantSimError(
            f"{target} cannot express a choice of types for activations or biases",
            code="not-expressible",
            hint="only aimet-2.0.0 has one",
        )


def _check_choice(what: str, given: str, known: tuple[str, ...]) -> None:
    if given in known:
        return
    near = process.extractOne(given, known, score_cutoff=50)
    suggestion = f"did you mean {near[0]}? " if near else ""
    raise QuantSimError(
        f"there is no {what} {given!r}",
        code=f"{what.split()[0]}-unknown",
        hint=f"{suggestion}use one of {', '.join(known)}",
    )
