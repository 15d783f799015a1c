"""The result of a resolve: settings, the declarations behind them, and questions about both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from quantsim_viz.diagnostics import Diagnostic, Severity
from quantsim_viz.resolve.columns import BITWIDTH, DTYPE, ENABLED
from quantsim_viz.resolve.explain import explain
from quantsim_viz.resolve.grid import effective_quantizer
from quantsim_viz.resolve.reverse import ReverseIndex, rule_counts
from quantsim_viz.resolve.serialize import cascade_to_dict
from quantsim_viz.resolve.settings import QuantizerSetting
from quantsim_viz.resolve.status import NodeStates, refused_numbers, status_numbers
from quantsim_viz.resolve.trace import TraceIndex

if TYPE_CHECKING:
    from quantsim_viz.config.rules import Config, Rule
    from quantsim_viz.model.graph import Model
    from quantsim_viz.resolve.fusion import FusedGroup
    from quantsim_viz.resolve.pipeline import Run
    from quantsim_viz.resolve.precision import BitWidth
    from quantsim_viz.resolve.settings import Declaration, NodeState, Refusal, RuleCount


class Quantizers(Mapping[str, QuantizerSetting]):
    """The effective setting of every quantizer by tensor name, made when asked for."""

    __slots__ = ("_made", "_run")

    def __init__(self, run: Run | None) -> None:
        self._run = run
        self._made: dict[str, QuantizerSetting] = {}

    def __getitem__(self, tensor: str) -> QuantizerSetting:
        found = self._made.get(tensor)
        if found is not None:
            return found
        if self._run is None:
            raise KeyError(tensor)
        number = self._run.topology.quantizer_of[tensor]
        fields = [column[number] for column in self._run.columns]
        setting = QuantizerSetting(self._run.topology.kinds[number], *fields)
        self._made[tensor] = setting
        return setting

    def __iter__(self) -> Iterator[str]:
        return iter(()) if self._run is None else iter(self._run.topology.names)

    def __len__(self) -> int:
        return 0 if self._run is None else len(self._run.topology.names)

    def __contains__(self, tensor: object) -> bool:
        return self._run is not None and tensor in self._run.topology.quantizer_of


class Cascade:
    """A configuration resolved on a model. Immutable; what is costly is worked out when asked for.

    Attributes:
        model: The model.
        config: The configuration.
        param_bits: Requested precision of parameters, 4, 8, 16, 32 or `float16`.
        act_bits: Requested precision of activations.
        error: Why AIMET would refuse, None where it would not.
        run: What the stages did, None where they could not start.
        quantizers: Effective settings by tensor name; empty where AIMET refuses.
    """

    def __init__(
        self,
        model: Model,
        config: Config,
        bits: tuple[BitWidth, BitWidth],
        run: Run | None,
        error: Refusal | None,
    ) -> None:
        self.model = model
        self.config = config
        self.param_bits, self.act_bits = bits
        self.run = run
        self.error = error
        self.quantizers: Mapping[str, QuantizerSetting] = Quantizers(self._valid_run)

    def __getitem__(self, tensor: str) -> QuantizerSetting:
        """Return the effective setting of a tensor's quantizer.

        Raises:
            KeyError: It has none (`docs/semantics.md` §2), or AIMET refuses.
        """
        return self.quantizers[tensor]

    def precisions(self) -> dict[str, tuple[bool, str, int]]:
        """Return whether each quantizer is enabled, its dtype and bit width, for thousands at once.

        The same facts as in `quantizers`, without an object for each.
        """
        names, rows = self.precision_rows()
        return dict(zip(names, rows, strict=True))

    def precision_rows(self) -> tuple[tuple[str, ...], list[tuple[bool, str, int]]]:
        """Return the tensors that have a quantizer, and in the same order their `precisions`.

        The names are the same object after every edit that leaves the quantizers where they are.
        """
        run = self._valid_run
        if run is None:
            return (), []
        columns = (run.columns[column] for column in (ENABLED, DTYPE, BITWIDTH))
        return run.topology.names, list(zip(*columns, strict=True))

    @property
    def _valid_run(self) -> Run | None:
        return self.run if self.error is None else None

    @cached_property
    def nodes(self) -> Mapping[str, NodeState]:
        """The state of every node of the top graph by name."""
        return NodeStates(self.model, self.status_numbers, self.supergroups)

    @cached_property
    def status_numbers(self) -> bytes:
        """The statuses alone, for thousands at once.

        A byte a node of the top graph, in file order: the place of its status among `Status`'.
        """
        run = self._valid_run
        if run is not None:
            return status_numbers(self.model, run)
        return refused_numbers(self.model, self.error.nodes if self.error is not None else ())

    @cached_property
    def supergroups(self) -> tuple[tuple[str, ...], ...]:
        """The nodes of every supergroup match; `NodeState.supergroup` counts these."""
        run = self._valid_run
        if run is None:
            return ()
        return tuple(
            tuple(member for op in match.ops for member in run.topology.ops[op].node.members)
            for match in run.matches
        )

    @cached_property
    def fused_groups(self) -> tuple[FusedGroup, ...]:
        """Nodes that the pass list fuses into one, and the type they are treated as (§5.1)."""
        run = self._valid_run
        if run is None:
            return ()
        from quantsim_viz.resolve.fusion import FusedGroup

        return tuple(
            FusedGroup(op.op_type, op.node.members, op.node.inputs, op.node.outputs)
            for op in run.topology.ops
            if op.node.is_fused
        )

    @cached_property
    def rules_by_pointer(self) -> Mapping[str, Rule]:
        """Every rule of a valid configuration by JSON pointer, in document order."""
        if self.config.rules is None:
            return {}
        return {rule.pointer: rule for rule in self.config.rules}

    def rule_line(self, pointer: str | None) -> int | None:
        """Return the line of a rule, None for built-in behaviour."""
        rule = self.rules_by_pointer.get(pointer) if pointer is not None else None
        return None if rule is None else rule.line

    # -- provenance ------------------------------------------------------------------------------

    def trace(self, tensor: str) -> tuple[Declaration, ...]:
        """Return every declaration about a tensor's quantizer, lowest precedence first.

        Raises:
            KeyError: It has no quantizer, or AIMET refuses.
        """
        if self._traces is None:
            raise KeyError(tensor)
        return self._traces.trace(tensor, self.rule_line)

    @cached_property
    def _traces(self) -> TraceIndex | None:
        run = self._valid_run
        return None if run is None else TraceIndex(run)

    def effective_quantizer(self, tensor: str) -> str | None:
        """Return the tensor whose enabled quantizer's grid a tensor carries (§3, look-up)."""
        run = self._valid_run
        if run is None:
            return None
        topology = run.topology
        enabled = run.columns[ENABLED].__getitem__
        found = effective_quantizer(tensor, topology.above, topology.quantizer_of, enabled)
        return None if found is None else topology.names[found]

    # -- reverse view ----------------------------------------------------------------------------

    @cached_property
    def _reverse(self) -> ReverseIndex:
        return ReverseIndex(self._valid_run, self.config.rules)

    @cached_property
    def rules(self) -> Mapping[str, RuleCount]:
        """For every rule how far it reaches and where it decides."""
        return rule_counts(self.rules_by_pointer, self._reverse)

    def rule_nodes(self, pointer: str) -> tuple[str, ...]:
        """Return the nodes a rule applies to, in graph order."""
        return self._reverse.nodes(pointer)

    def rule_tensors(self, pointer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the tensors on which a rule has a declaration, and those where one decides."""
        return self._reverse.tensors(pointer)

    # -- text and JSON ---------------------------------------------------------------------------

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Findings of the configuration, of the model, and the refusal."""
        found = (*self.config.diagnostics, *self.model.warnings)
        if self.error is None or self.config.rules is None:
            return found
        rule = self.rules_by_pointer.get(self.error.rule or "")
        return (
            *found,
            Diagnostic(
                self.error.code,
                Severity.ERROR,
                self.error.message,
                rule=self.error.rule or "",
                line=rule.line if rule is not None else None,
                column=rule.column if rule is not None else None,
                nodes=self.error.nodes,
            ),
        )

    def explain(self, name: str) -> str:
        """Explain one tensor or node as text that pastes into a code review.

        Raises:
            QuantSimError: The model has neither a tensor nor a node of that name.
        """
        return explain(self, name)

    def to_dict(self) -> dict[str, Any]:
        """Return the whole as `resolve --json` prints it."""
        return cascade_to_dict(self)
