"""Run by a Python that has aimet-onnx 2.42.0: load encodings strictly, simulate, export again.

Standard input holds one JSON object a line: `{"id", "model": path, "config", "bits", "data": path,
"folder", "documents"}`, the last by version of the format; standard output gets one a line: `{"id",
"formats": {version: {"error", "outputs": path, "again": document}}}`, or `{"id", "unbuilt": error}`
where AIMET cannot build the simulation in the first place. Nothing of the project is imported here,
so that the two sides share no code.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from pathlib import Path

logging.disable(logging.CRITICAL)

import numpy as np  # noqa: E402 - logging is silenced first
import onnx  # noqa: E402
from aimet_onnx import quantsim  # noqa: E402
from aimet_onnx.common import libpymo  # noqa: E402
from aimet_onnx.common.defs import QuantizationDataType, float16, qtype  # noqa: E402


def build(job: dict) -> quantsim.QuantizationSimModel:
    """Build the simulation of a job."""
    config = Path(job["folder"]) / "config.json"
    config.write_text(json.dumps(job["config"]))
    param_type, act_type = (
        float16 if bits == "float16" else qtype.int(bits) for bits in job["bits"]
    )
    return quantsim.QuantizationSimModel(
        onnx.load(job["model"]),
        param_type=param_type,
        activation_type=act_type,
        quant_scheme="min_max",
        config_file=str(config),
    )


def answer(job: dict, version: str, document: dict) -> dict:
    """Load one document into a new simulation and say what comes of it."""
    sim = build(job)
    try:
        quantsim.load_encodings_to_sim(sim, document, strict=True)
    except Exception as error:  # whatever AIMET raises is its answer
        return {"error": f"{type(error).__name__}: {str(error)[:400]}"}
    for quantizer in sim.qc_quantize_op_dict.values():
        # Loading leaves float16 quantizers observing, as compute_encodings would not.
        if quantizer.enabled and quantizer.data_type == QuantizationDataType.float:
            quantizer.op_mode = libpymo.TensorQuantizerOpMode.quantizeDequantize
    with np.load(job["data"]) as arrays:
        inputs = {name: arrays[name] for name in arrays.files}
    outputs = sim.session.run(None, inputs)  # in the file's order, under names of AIMET's own
    path = Path(job["folder"]) / f"outputs-{version}.npz"
    np.savez(path, **{f"{number}": value for number, value in enumerate(outputs)})
    with tempfile.TemporaryDirectory() as scratch:
        sim.export(
            scratch,
            "net",
            export_model=False,
            encoding_version=version,
            export_int32_bias=False,
            force_activation_as=None,
        )
        again = json.loads(Path(scratch, "net.encodings").read_text())
    return {"error": None, "outputs": str(path), "again": again}


def judge(job: dict, version: str, document: dict) -> dict:
    """Return the answer to one document, or what AIMET raised over simulating it."""
    try:
        return answer(job, version, document)
    except Exception as error:  # whatever AIMET raises is its answer
        return {"error": f"{type(error).__name__} after loading: {str(error)[:400]}"}


def judge_all(job: dict) -> dict:
    """Return the answers to every document of a job."""
    try:
        build(job)
    except Exception as error:  # whatever AIMET raises is its answer
        return {"unbuilt": f"{type(error).__name__}: {str(error)[:400]}"}
    return {"formats": {v: judge(job, v, document) for v, document in job["documents"].items()}}


def main() -> None:
    """Answer every line of standard input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever AIMET prints goes to standard error
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps({"id": job["id"], **judge_all(job)}), file=answers, flush=True)


if __name__ == "__main__":
    main()
