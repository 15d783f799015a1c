"""Run by a Python that has aimet-onnx 2.42.0: read jobs, print what AIMET makes of each.

Standard input holds one JSON object a line: `{"id", "model": base64, "config", "param_bits",
"act_bits"}`; standard output gets one a line: `{"id", "error", "quantizers"}`. Nothing of the
project is imported here, so that the two sides share no code.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import sys
import tempfile

logging.disable(logging.CRITICAL)

import onnx  # noqa: E402 - logging is silenced first
from aimet_onnx import quantsim  # noqa: E402
from aimet_onnx.common.defs import qtype  # noqa: E402

RealSession = quantsim.OrtInferenceSession


class _LenientSession:
    """onnxruntime's session, or none where it cannot load the quantized graph.

    Settings are read off before anything runs, so a graph that onnxruntime refuses is no matter.
    AIMET itself runs the float model where shape inference fails, and that takes a real session.
    """

    def __new__(cls, *arguments: object, **options: object) -> object:
        try:
            return RealSession(*arguments, **options)
        except Exception:  # any refusal of onnxruntime's
            return None


def settings(model: onnx.ModelProto, config: dict, param_bits: int, act_bits: int) -> dict:
    """Build AIMET's simulation and read its quantizers' settings."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(config, file)
    quantsim.OrtInferenceSession = _LenientSession
    try:
        sim = quantsim.QuantizationSimModel(
            model,
            param_type=qtype.int(param_bits),
            activation_type=qtype.int(act_bits),
            quant_scheme="min_max",
            config_file=file.name,
        )
    except Exception as error:  # whatever AIMET raises is its answer
        return {
            "error": {"type": type(error).__name__, "message": str(error)[:400]},
            "quantizers": {},
        }
    finally:
        quantsim.OrtInferenceSession = RealSession
        os.unlink(file.name)
    return {"error": None, "quantizers": _read(sim)}


def _read(sim: quantsim.QuantizationSimModel) -> dict:
    groups: dict[int, list[str]] = {}
    for name, quantizer in sim.qc_quantize_op_dict.items():
        groups.setdefault(id(quantizer), []).append(name)
    result = {}
    for name, quantizer in sim.qc_quantize_op_dict.items():
        info, fixed = quantizer.quant_info, quantizer._encoding_min_max_fixed_vals
        group = groups[id(quantizer)]
        result[name] = {
            "enabled": bool(quantizer.enabled),
            "bitwidth": int(quantizer.bitwidth),
            "dtype": "int" if info.isIntDataType else "float",
            "symmetric": bool(quantizer.use_symmetric_encodings),
            "strict_symmetric": bool(quantizer.use_strict_symmetric),
            "unsigned_symmetric": bool(quantizer.use_unsigned_symmetric),
            "per_channel": bool(info.usePerChannelMode),
            "channel_axis": int(info.channelAxis) if info.usePerChannelMode else None,
            "fixed_range": list(fixed) if fixed else None,
            "tied_to": min(group) if len(group) > 1 else None,
        }
    return result


def main() -> None:
    """Answer every line of standard input."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever AIMET prints goes to standard error
    for line in sys.stdin:
        job = json.loads(line)
        model = onnx.load_from_string(base64.b64decode(job["model"]))
        answer = settings(model, job["config"], job["param_bits"], job["act_bits"])
        print(json.dumps({"id": job["id"], **answer}), file=answers, flush=True)


if __name__ == "__main__":
    main()
