"""Run by a Python that has aimet-onnx 2.42.0: calibrate and simulate, print what came of it.

Standard input holds one JSON object a line: `{"id", "model": base64, "config", "bits", "scheme",
"percentile", "batches": base64 npz, "perturbed", "observed"}`. The arrays are named `NUMBER/INPUT`;
all batches but the last calibrate, the last is simulated. Standard output gets one object a line:
`{"id", "error", "encodings", "outputs": base64 npz}`, and on request

- `perturbed: N`: as many answers again, to inputs that were moved in the last bit;
- `observed: true`: in `values`, what every quantizer was shown in calibration (`shown/BATCH/NAME`)
  and took in and gave out in the simulation (`taken/NAME`, `given/NAME`).

Nothing of the project is imported here, so that the two sides share no code.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import sys
import tempfile
from typing import Any

logging.disable(logging.CRITICAL)

import numpy as np  # noqa: E402 - logging is silenced first
import onnx  # noqa: E402
from aimet_onnx import quantsim  # noqa: E402
from aimet_onnx.common.defs import float16, qtype  # noqa: E402

Batch = dict[str, np.ndarray]


def build(job: dict) -> quantsim.QuantizationSimModel:
    """Build the simulation of a job."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job["config"], file)
        file.flush()
        param_type, act_type = (
            float16 if bits == "float16" else qtype.int(bits) for bits in job["bits"]
        )
        sim = quantsim.QuantizationSimModel(
            onnx.load_from_string(base64.b64decode(job["model"])),
            param_type=param_type,
            activation_type=act_type,
            quant_scheme=job["scheme"],
            config_file=file.name,
            session_options_kwargs={"log_severity_level": 4, "intra_op_num_threads": 1},
        )
    if job["scheme"] == "percentile":
        for quantizer in sim.qc_quantize_op_dict.values():
            quantizer._tensor_quantizer.setPercentileValue(job["percentile"])
    return sim


def answer(sim: quantsim.QuantizationSimModel, batches: list[Batch]) -> dict[str, Any]:
    """Calibrate on all batches but the last, simulate the last."""
    sim.compute_encodings(batches[:-1])
    outputs = sim.session.run(None, batches[-1])
    named = {str(place): value for place, value in enumerate(outputs)}  # names are AIMET's own
    return {"encodings": read(sim), "outputs": packed(named)}


def read(sim: quantsim.QuantizationSimModel) -> dict[str, Any]:
    """Return the encodings of enabled quantizers; None for float16."""
    found = {}
    for name, quantizer in sim.qc_quantize_op_dict.items():
        if quantizer.enabled:
            encodings = quantizer.get_encodings()
            found[name] = encodings and [
                {"scale": e.delta, "offset": e.offset, "min": e.min, "max": e.max}
                for e in encodings
            ]
    return found


def observed(job: dict, batches: list[Batch]) -> str:
    """Return what quantizers see in calibration and in the simulation, packed."""
    sim = build(job)
    graph = sim.model.model.graph
    nodes = [node for node in graph.node if node.op_type == "QcQuantizeOp"]
    nodes = [node for node in nodes if sim.qc_quantize_op_dict[node.input[0]].enabled]
    known = {value.name for value in graph.output} | {value.name for value in graph.input}
    stored = {value.name: value for value in graph.initializer}
    for name in dict.fromkeys(n for node in nodes for n in (node.input[0], node.output[0])):
        if name not in known and name not in stored:
            graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    sim._rebuild_session()
    names = [value.name for value in sim.session.get_outputs()]
    constants = {name: onnx.numpy_helper.to_array(value) for name, value in stored.items()}
    values: Batch = {}
    with quantsim.compute_encodings(sim):
        for number, batch in enumerate(batches[:-1]):
            run = {
                **constants,
                **batch,
                **dict(zip(names, sim.session.run(None, batch), strict=True)),
            }
            values |= {f"shown/{number}/{node.input[0]}": run[node.input[0]] for node in nodes}
    batch = batches[-1]
    run = {**constants, **batch, **dict(zip(names, sim.session.run(None, batch), strict=True))}
    values |= {f"taken/{node.input[0]}": run[node.input[0]] for node in nodes}
    values |= {f"given/{node.input[0]}": run[node.output[0]] for node in nodes}
    return packed(values)


def perturbed(batches: list[Batch], seed: int) -> list[Batch]:
    """Move every float input by its last bit, up or down."""
    rng = np.random.default_rng(seed)

    def move(value: np.ndarray) -> np.ndarray:
        if value.dtype != np.float32:
            return value
        towards = np.where(rng.random(value.shape) < 0.5, np.float32(np.inf), np.float32(-np.inf))
        return np.where(value == 0, value, np.nextafter(value, towards)).astype(np.float32)

    return [{name: move(value) for name, value in batch.items()} for batch in batches]


def packed(arrays: Batch) -> str:
    """Return arrays as the text of an npz."""
    file = io.BytesIO()
    np.savez(file, **arrays)
    return base64.b64encode(file.getvalue()).decode()


def unpacked(text: str) -> list[Batch]:
    """Return the batches of a job."""
    batches: dict[int, Batch] = {}
    with np.load(io.BytesIO(base64.b64decode(text))) as arrays:
        for key in arrays.files:
            number, _, name = key.partition("/")
            batches.setdefault(int(number), {})[name] = arrays[key]
    return [batches[number] for number in sorted(batches)]


def judge(job: dict) -> dict[str, Any]:
    """Return the whole answer to a job."""
    batches = unpacked(job["batches"])
    try:
        result = {"error": None, **answer(build(job), batches)}
    except Exception as error:  # whatever AIMET raises is its answer
        return {"error": f"{type(error).__name__}: {str(error)[:400]}"}
    result["perturbed"] = [
        answer(build(job), perturbed(batches, seed)) for seed in range(job.get("perturbed", 0))
    ]
    if job.get("observed"):
        result["values"] = observed(job, batches)
    return result


def main() -> None:
    """Answer every line of standard input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever AIMET prints goes to standard error
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps({"id": job["id"], **judge(job)}), file=answers, flush=True)


if __name__ == "__main__":
    main()
