"""Recurrent layers: RNN, GRU and LSTM in every direction and layout."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from quantsim_viz.sim.operators.interruption import asker
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

Activation = Callable[[Tensor], Tensor]

_ACTIVATIONS: dict[str, Callable[[float, float], Activation]] = {
    "relu": lambda _a, _b: torch.relu,
    "tanh": lambda _a, _b: torch.tanh,
    "sigmoid": lambda _a, _b: torch.sigmoid,
    "softsign": lambda _a, _b: functional.softsign,
    "softplus": lambda _a, _b: functional.softplus,
    "affine": lambda a, b: lambda x: a * x + b,
    "leakyrelu": lambda a, _b: lambda x: functional.leaky_relu(x, a),
    "thresholdedrelu": lambda a, _b: lambda x: functional.threshold(x, a, 0.0),
    "scaledtanh": lambda a, b: lambda x: a * torch.tanh(b * x),
    "hardsigmoid": lambda a, b: lambda x: torch.clamp(a * x + b, 0, 1),
    "elu": lambda a, _b: lambda x: functional.elu(x, a),
}
_DEFAULT_ALPHA = {"leakyrelu": 0.01, "thresholdedrelu": 1.0, "hardsigmoid": 0.2, "elu": 1.0}
_DEFAULT_BETA = {"hardsigmoid": 0.5}
_TAKES_ALPHA = {"affine", "leakyrelu", "thresholdedrelu", "scaledtanh", "hardsigmoid", "elu"}
_TAKES_BETA = {"affine", "scaledtanh", "hardsigmoid"}


@dataclass(frozen=True, slots=True)
class Layer:
    """What the attributes of a recurrent node say.

    Attributes:
        reverse: One entry a direction: whether time runs backwards.
        activations: One tuple of functions a direction.
        plain: The activations are the default ones.
        clip: Bound of every activation's argument, or None.
        batch_first: Layout 1.
    """

    reverse: tuple[bool, ...]
    activations: tuple[tuple[Activation, ...], ...]
    plain: bool
    clip: float | None
    batch_first: bool

    @classmethod
    def of(cls, spec: OperatorSpec, defaults: tuple[str, ...]) -> Layer:
        """Read a node's attributes."""
        direction = spec.text("direction", "forward")
        reverse = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}
        count = len(reverse[direction])
        names = [n.lower() for n in spec.texts("activations") or defaults * count]
        alphas = list(spec.numbers("activation_alpha") or ())
        betas = list(spec.numbers("activation_beta") or ())
        chosen = []
        for name in names:
            alpha, beta = _DEFAULT_ALPHA.get(name, 1.0), _DEFAULT_BETA.get(name, 0.0)
            if name in _TAKES_ALPHA and alphas:
                alpha = alphas.pop(0)
            if name in _TAKES_BETA and betas:
                beta = betas.pop(0)
            chosen.append(_ACTIVATIONS[name](alpha, beta))
        each = len(defaults)
        return cls(
            reverse=reverse[direction],
            activations=tuple(
                tuple(chosen[start : start + each]) for start in range(0, count * each, each)
            ),
            plain=tuple(names) == tuple(n.lower() for n in defaults * count),
            clip=spec.number("clip") if spec.has("clip") else None,
            batch_first=spec.flag("layout"),
        )

    def clipped(self, value: Tensor) -> Tensor:
        """Bound an activation's argument."""
        return value if self.clip is None else value.clamp(-self.clip, self.clip)


Cell = Callable[[Tensor, tuple[Tensor, ...]], tuple[Tensor, ...]]
"""One step: the input's share of the gates and the state before → the state after, h first."""


def _unroll(
    cell: Cell,
    gates: Tensor,
    state: tuple[Tensor, ...],
    lengths: Tensor | None,
    *,
    reverse: bool,
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Run a cell over time.

    Args:
        cell: One step.
        gates: The inputs' share of the gates, `[T, N, gates·H]`.
        state: Initial state, `[N, H]` each.
        lengths: Steps that count for each batch entry; outputs behind them are 0.
        reverse: Time runs backwards, from each entry's last step.

    Returns:
        Outputs `[T, N, H]` and the final state.
    """
    steps = gates.shape[0]
    rows: list[Tensor] = [state[0]] * steps
    ask = asker()
    for step in reversed(range(steps)) if reverse else range(steps):
        ask()
        after = cell(gates[step], state)
        if lengths is None:
            state = after
            rows[step] = after[0]
            continue
        counts = (step < lengths).unsqueeze(1)
        state = tuple(torch.where(counts, new, old) for new, old in zip(after, state, strict=True))
        rows[step] = torch.where(counts, after[0], 0)
    outputs = torch.stack(rows) if rows else gates.new_zeros(0, *state[0].shape)
    return outputs, state


def _kernel(
    layer: Layer,
    run: Callable[
        [int, Tensor, tuple[Tensor | None, ...], Tensor | None], tuple[Tensor, tuple[Tensor, ...]]
    ],
) -> Kernel:
    """Return a kernel that runs every direction and joins the results as ONNX lays them out."""

    def kernel(*inputs: Tensor | None) -> tuple[Tensor, ...]:
        x, lengths = inputs[0], inputs[4] if len(inputs) > 4 else None
        if x is None:
            message = "a recurrent layer has no input"
            raise RuntimeError(message)
        if layer.batch_first:
            x = x.transpose(0, 1)
        outputs, finals = [], []
        for direction in range(len(layer.reverse)):
            result, final = run(direction, x, inputs, lengths)
            outputs.append(result)
            finals.append(final)
        y = torch.stack(outputs, 1)
        states = [torch.stack(parts) for parts in zip(*finals, strict=True)]
        if layer.batch_first:
            y = y.permute(2, 0, 1, 3)
            states = [state.transpose(0, 1) for state in states]
        return (y, *states)

    return kernel


def _of_direction(value: Tensor | None, direction: int) -> Tensor | None:
    return None if value is None else value[direction]


def _initial(value: Tensor | None, direction: int, layer: Layer, x: Tensor, hidden: int) -> Tensor:
    if value is None:
        return x.new_zeros(x.shape[1], hidden)
    return value[:, direction] if layer.batch_first else value[direction]


def _at(inputs: tuple[Tensor | None, ...], index: int) -> Tensor | None:
    return inputs[index] if index < len(inputs) else None


def _weights(
    inputs: tuple[Tensor | None, ...], direction: int
) -> tuple[Tensor, Tensor, Tensor | None, Tensor | None]:
    """Return W, R and the two halves of B for a direction."""
    w, r = _of_direction(inputs[1], direction), _of_direction(inputs[2], direction)
    b = _of_direction(_at(inputs, 3), direction)
    if w is None or r is None:
        message = "a recurrent layer has no weights"
        raise RuntimeError(message)
    if b is None:
        return w, r, None, None
    half = b.shape[0] // 2
    return w, r, b[:half], b[half:]


@operator("RNN", since=7)
def rnn(spec: OperatorSpec) -> Kernel:
    """`h = f(x·Wᵀ + h·Rᵀ + b)`."""
    layer = Layer.of(spec, ("Tanh",))

    def run(
        direction: int, x: Tensor, inputs: tuple[Tensor | None, ...], lengths: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        w, r, wb, rb = _weights(inputs, direction)
        (f,) = layer.activations[direction]
        gates = functional.linear(x, w, None if wb is None or rb is None else wb + rb)

        def cell(gate: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return (f(layer.clipped(gate + state[0] @ r.T)),)

        initial = _initial(_at(inputs, 5), direction, layer, x, r.shape[1])
        return _unroll(cell, gates, (initial,), lengths, reverse=layer.reverse[direction])

    return _kernel(layer, run)


@operator("GRU", since=7)
def gru(spec: OperatorSpec) -> Kernel:
    """Gated recurrent unit, its reset before or after the linear transformation."""
    layer = Layer.of(spec, ("Sigmoid", "Tanh"))
    reset_after = spec.flag("linear_before_reset")

    def run(
        direction: int, x: Tensor, inputs: tuple[Tensor | None, ...], lengths: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        w, r, wb, rb = _weights(inputs, direction)
        f, g = layer.activations[direction]
        hidden = r.shape[1]
        gates = functional.linear(x, w, wb)
        rb = r.new_zeros(3 * hidden) if rb is None else rb
        r_zr, r_h, b_zr, b_h = r[: 2 * hidden], r[2 * hidden :], rb[: 2 * hidden], rb[2 * hidden :]

        def cell(gate: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            before = state[0]
            zr = gate[:, : 2 * hidden] + functional.linear(before, r_zr, b_zr)
            z, reset = f(layer.clipped(zr)).chunk(2, 1)
            if reset_after:
                share = reset * functional.linear(before, r_h, b_h)
            else:
                share = functional.linear(reset * before, r_h, b_h)
            new = g(layer.clipped(gate[:, 2 * hidden :] + share))
            return ((1 - z) * new + z * before,)

        initial = _initial(_at(inputs, 5), direction, layer, x, hidden)
        return _unroll(cell, gates, (initial,), lengths, reverse=layer.reverse[direction])

    return _kernel(layer, run)


@operator("LSTM", since=7)
def lstm(spec: OperatorSpec) -> Kernel:
    """Long short-term memory, with peepholes and coupled gates where the node has them."""
    layer = Layer.of(spec, ("Sigmoid", "Tanh", "Tanh"))
    coupled = spec.flag("input_forget")

    def run(
        direction: int, x: Tensor, inputs: tuple[Tensor | None, ...], lengths: Tensor | None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        w, r, wb, rb = _weights(inputs, direction)
        f, g, h = layer.activations[direction]
        hidden = r.shape[1]
        gates = functional.linear(x, w, None if wb is None or rb is None else wb + rb)
        peepholes = _of_direction(_at(inputs, 7), direction)

        def cell(gate: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            before, memory = state
            i, o, forget, c = (gate + before @ r.T).chunk(4, 1)
            if peepholes is not None:
                p_i, p_o, p_f = peepholes.chunk(3)
                i, forget = i + p_i * memory, forget + p_f * memory
            i = f(layer.clipped(i))
            forget = 1 - i if coupled else f(layer.clipped(forget))
            memory = forget * memory + i * g(layer.clipped(c))
            if peepholes is not None:
                o = o + p_o * memory
            return f(layer.clipped(o)) * h(memory), memory

        state = (
            _initial(_at(inputs, 5), direction, layer, x, hidden),
            _initial(_at(inputs, 6), direction, layer, x, hidden),
        )
        return _unroll(cell, gates, state, lengths, reverse=layer.reverse[direction])

    return _kernel(layer, run)
