"""What the pass list's patterns look like in the graph of operators (`docs/semantics.md` §5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantsim_viz.errors import ModelError
from quantsim_viz.resolve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from quantsim_viz.resolve.topology import Op, Topology


@dataclass(frozen=True, slots=True)
class NormFound:
    """A decomposed norm: its operators, the tensors it switches off, and a scale operand."""

    ops: tuple[int, ...]
    disabled: tuple[str, ...]
    scale: str | None = None


@dataclass(frozen=True, slots=True)
class MatmulAddFound:
    """A product with a constant weight and the addition of its bias."""

    ops: tuple[int, ...]
    output: str
    bias: str
    weight: str


class PatternReader:
    """Answers what patterns ask of a graph: users, producers, constants and their values."""

    def __init__(self, topology: Topology, constants: frozenset[str] | None = None) -> None:
        self.topology = topology
        self.constants = topology.constants if constants is None else constants

    def without(self, tensors: Iterable[str]) -> PatternReader:
        """Return a reader for which some tensors are no longer constants."""
        return PatternReader(self.topology, self.constants.difference(tensors))

    def op(self, index: int) -> Op:
        """Return an operator by number."""
        return self.topology.ops[index]

    def only_user(self, index: int, op_type: str | None = None) -> int | None:
        """Return the only user of an operator's outputs, if it is of the type that is given."""
        user = self.topology.following[index]
        if user < 0 or (op_type is not None and self.op(user).op_type != op_type):
            return None
        return user

    def chain(self, index: int, types: Sequence[str], last_uses: int | None) -> list[int] | None:
        """Follow single uses along operator types, the first included.

        Args:
            index: Where to start.
            types: Types of the operators.
            last_uses: How often the last one's outputs may be used at most, None for any number.
        """
        found = [index]
        if self.op(index).op_type != types[0]:
            return None
        for op_type in types[1:]:
            user = self.only_user(found[-1], op_type)
            if user is None:
                return None
            found.append(user)
        if last_uses is not None and self.topology.output_uses[found[-1]] > last_uses:
            return None
        return found

    def is_scalar(self, tensor: str, expected: float) -> bool:
        """Tell whether a tensor is a constant of rank 0 with a given value, which can be read.

        Raises:
            Refused: The constant is not a stored tensor of the top graph; AIMET fails on it.
        """
        if tensor not in self.constants:
            return False
        value = self.topology.scalars.get(tensor)
        if value is None:
            users = [self.op(use).node for use in self.topology.consumers.get(tensor, ())]
            raise Refused(
                "unreadable-constant",
                f"Constant {tensor!r} is given as a number or list, not as a tensor; AIMET fails to"
                " read it while it looks for RMSNormalization. Store it as a tensor or take"
                " RMSNormalization off supergroup_pass_list.",
                "/supergroup_pass_list",
                tuple(dict.fromkeys(member for node in users for member in node.members)),
            )
        if value.shape != ():
            return False
        try:
            return bool(value.numpy() == expected)
        except ModelError:
            return False

    def outputs(self, ops: Iterable[int]) -> list[str]:
        """Return the names of all outputs of some operators."""
        return [name for op in ops for name in self.op(op).node.outputs]

    def constant_inputs(self, ops: Iterable[int]) -> list[str]:
        """Return the constant inputs of some operators, parameters left out."""
        return [name for op in ops for name in self.op(op).inputs if name in self.constants]


# -- LayerNormalization --------------------------------------------------------------------------


def find_layer_norm(reader: PatternReader, start: int) -> NormFound | None:
    """Find a decomposed LayerNormalization that starts at a `ReduceMean`.

    1. ReduceMean(x) → Sub(x, ·), used twice: by a Pow and a Div.
    2. Pow → ReduceMean → Add → Sqrt, each used once; Div(Sub, Sqrt).
    3. Then a Mul if it is Div's only user and used at most once; then an Add if it is Mul's.
    """
    core = _layer_norm_core(reader, start)
    if core is None:
        return None
    div = core[-1]
    disabled = reader.outputs(core[:-1]) + reader.constant_inputs(core)
    scaled = reader.chain(div, ["Div", "Mul"], last_uses=1)
    if scaled is None:
        return NormFound(tuple(core), tuple(disabled))
    mul = scaled[-1]
    disabled += reader.outputs([div]) + reader.constant_inputs([div])
    scale = _other_input(reader, mul, div)
    shifted = reader.chain(mul, ["Mul", "Add"], last_uses=None)
    if shifted is None:
        return NormFound((*core, mul), tuple(disabled), scale)
    disabled += reader.outputs([mul]) + reader.constant_inputs(shifted[-1:])
    return NormFound((*core, mul, shifted[-1]), tuple(disabled), scale)


def _layer_norm_core(reader: PatternReader, start: int) -> list[int] | None:
    topology = reader.topology
    mean = reader.op(start)
    if mean.op_type != "ReduceMean":
        return None
    sub = reader.only_user(start, "Sub")
    if sub is None or topology.output_uses[sub] != 2:
        return None
    if reader.op(sub).inputs[0] != mean.inputs[0]:
        return None
    users = topology.output_ops(sub)
    power = next((user for user in users if reader.op(user).op_type == "Pow"), None)
    div = next((user for user in users if reader.op(user).op_type == "Div"), None)
    if power is None or div is None:
        return None
    deviation = reader.chain(power, ["Pow", "ReduceMean", "Add", "Sqrt"], last_uses=1)
    if deviation is None:
        return None
    numerator, denominator = reader.op(div).inputs
    if topology.producer.get(numerator) != sub:
        return None
    if topology.producer.get(denominator) != deviation[-1]:
        return None
    return [start, sub, *deviation, div]


def _other_input(reader: PatternReader, op: int, producer: int) -> str:
    first, second = reader.op(op).inputs
    return second if reader.topology.producer.get(first) == producer else first


# -- RMSNormalization ----------------------------------------------------------------------------


def find_rms_norm(reader: PatternReader, start: int) -> NormFound | None:
    """Find an RMSNormalization, native, fused or decomposed, and the Mul that scales it.

    1. An operator of that type; or a square, ReduceMean, Add, then Sqrt and a division, or
       Pow(−0.5) and a product, each step used once.
    2. If single-use Casts lead from it to a Mul, whatever its other operand, they belong to it.
    """
    core = _rms_norm_core(reader, start)
    if core is None:
        return None
    casts: list[int] = []
    last = core[-1]
    while (cast := reader.only_user(last, "Cast")) is not None:
        casts.append(cast)
        last = cast
    mul = reader.only_user(last, "Mul")
    if mul is None:
        disabled = reader.outputs(core[:-1]) + reader.constant_inputs(core)
        return NormFound(tuple(core), tuple(disabled))
    ops = [*core, *casts, mul]
    disabled = reader.outputs(ops[:-1]) + reader.constant_inputs(ops[:-1])
    return NormFound(tuple(ops), tuple(disabled))


def _rms_norm_core(reader: PatternReader, start: int) -> list[int] | None:
    op = reader.op(start)
    if op.op_type == "RMSNormalization":
        return [start]
    if not _is_square(reader, op):
        return None
    mean = reader.only_user(start, "ReduceMean")
    shifted = reader.only_user(mean, "Add") if mean is not None else None
    root = reader.only_user(shifted) if shifted is not None else None
    if mean is None or shifted is None or root is None:
        return None
    head, value = [start, mean, shifted, root], op.inputs[0]
    next_op = reader.op(root)
    if next_op.op_type == "Sqrt" and reader.only_user(root) is not None:
        division = _division(reader, value, next_op.node.outputs[0])
        if division:
            return head + division
    if next_op.op_type == "Pow" and reader.is_scalar(next_op.inputs[1], -0.5):
        mul = reader.only_user(root, "Mul")
        if mul is not None and value in reader.op(mul).inputs[:2]:
            return [*head, mul]
    return None


def _is_square(reader: PatternReader, op: Op) -> bool:
    if op.op_type == "Mul":
        return op.inputs[0] == op.inputs[1]
    return op.op_type == "Pow" and reader.is_scalar(op.inputs[1], 2)


def _division(reader: PatternReader, numerator: str, denominator: str) -> list[int]:
    """Find a division by a tensor's only user: Div(a, b), or a times Div(1, b) or Reciprocal(b)."""
    users = reader.topology.consumers.get(denominator, ())
    if len(users) != 1:
        return []
    op = reader.op(users[0])
    if op.op_type == "Div" and op.inputs[0] == numerator and op.inputs[1] == denominator:
        return [op.index]
    mul = reader.only_user(op.index)
    if mul is None:
        return []
    inverse = (
        op.op_type == "Div" and reader.is_scalar(op.inputs[0], 1) and op.inputs[1] == denominator
    ) or (op.op_type == "Reciprocal" and op.inputs[0] == denominator)
    if inverse and reader.op(mul).op_type == "Mul" and numerator in reader.op(mul).inputs[:2]:
        return [op.index, mul]
    return []


# -- MatmulAdd -----------------------------------------------------------------------------------


def find_matmul_add(reader: PatternReader, start: int) -> MatmulAddFound | None:
    """Find a MatMul with a constant weight whose only use is an Add of a vector."""
    topology = reader.topology
    op = reader.op(start)
    if op.op_type != "MatMul" or not topology.params[start]:
        return None
    output = op.node.outputs[0]
    users = topology.consumers.get(output, ())
    if len(users) != 1 or reader.op(users[0]).op_type != "Add":
        return None
    others = [name for name in reader.op(users[0]).inputs if name != output]
    if len(others) != 1:
        return None
    bias = topology.scalars.get(others[0])
    if bias is None or len(bias.shape) != 1:
        return None
    weight = next(param.tensor for param in topology.params[start] if param.type == "weight")
    return MatmulAddFound((start, users[0]), output, others[0], weight)
