"""The export room: a calibrated simulation as a file that other tools read.

AIMET's three encodings formats, and an ONNX model with QuantizeLinear and DequantizeLinear. What a
format cannot express is refused by name. It may import `model`, `config`, `resolve`, `sim`,
`errors`, onnx and torch; nothing of the app or the command line.
"""

from quantsim_viz.export.export import FORMATS, export

__all__ = ["FORMATS", "export"]
