"""What a person is working on: a model, one document with its history, and what follows from them.

Plain Python: the app shows a workspace, a script could drive one.
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import Document
from quantsim_viz.config.edit import apply_patch, remove, set_value
from quantsim_viz.config.load import load_document
from quantsim_viz.config.pointer import parent, split
from quantsim_viz.errors import ConfigError
from quantsim_viz.lint import lint_cascade
from quantsim_viz.report.coverage import measure_coverage
from quantsim_viz.report.workload import measure_workload
from quantsim_viz.resolve import resolve, resolve_edit
from quantsim_viz.ui.history import History

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from quantsim_viz.config import Config
    from quantsim_viz.diagnostics import Diagnostic
    from quantsim_viz.model import Model
    from quantsim_viz.report.coverage import Coverage
    from quantsim_viz.report.workload import Workload
    from quantsim_viz.resolve import Cascade
    from quantsim_viz.resolve.precision import BitWidth
    from quantsim_viz.ui.documents import ConfigSource

    Bits = tuple[BitWidth, BitWidth]
    """Precision of parameters and of activations."""

REMEMBERED = 24
"""Pictures that are kept, so that undo and a hovered offer cost nothing the second time."""


LONGEST_WAIT = 0.03
"""Seconds that an edit may wait for advice; where it takes longer, it follows a moment later."""

SHORT_WAIT = 0.005
"""Seconds that an edit may wait for the coverage line."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What one text means on the model.

    Attributes:
        text: The text.
        config: Its rules, None when it is not JSON.
        cascade: What is in effect, None when the text is not valid.
        diagnostics: Everything that is wrong with it, of the document and on this model.
        seconds: How long it took to find out.
    """

    text: str
    config: Config | None
    cascade: Cascade | None
    diagnostics: tuple[Diagnostic, ...]
    seconds: float


class Workspace:
    """A model, a document and its history; edits go in, pictures come out.

    Attributes:
        model: The model.
        source: The configuration as it was opened.
        history: The document.
        param_bits: Bit width of parameters.
        act_bits: Bit width of activations.
        advice_due: Whether advice was left out of the last findings to save time.
        coverage_due: Whether the last coverage was an earlier one, to save time.
        counts_due: Whether what offered edits would do was left out, to save time.
    """

    def __init__(
        self, model: Model, source: ConfigSource, *, history: History | None = None
    ) -> None:
        self.model = model
        self.source = source
        self.history = history or History(source.text, time=time.monotonic())
        self.param_bits: BitWidth = 8
        self.act_bits: BitWidth = 8
        self._pictures: OrderedDict[tuple[Any, ...], Picture] = OrderedDict()
        self._last_valid: Picture | None = None
        self.advice_due = False
        self._advice_seconds = 0.0
        self.coverage_due = False
        self.counts_due = False
        self._effects: tuple[Any, dict[str, Any]] = (None, {})
        self._workload: Workload | None = None
        self._coverage: tuple[Cascade, Coverage] | None = None
        self._coverage_seconds = 0.0
        self._advice: tuple[Picture, tuple[Diagnostic, ...]] | None = None

    @property
    def text(self) -> str:
        """The document as it is now."""
        return self.history.text

    def picture(self) -> Picture:
        """Return what the document means now, valid or not."""
        picture = self.picture_of(self.text)
        if picture.cascade is not None:
            self._last_valid = picture
        return picture

    def shown(self) -> Picture:
        """Return the present picture or, while the text is not valid, the last valid one."""
        picture = self.picture()
        return picture if picture.cascade is not None else (self._last_valid or picture)

    def picture_of(self, text: str, bits: Bits | None = None) -> Picture:
        """Return what any text would mean on this model.

        Args:
            text: The document.
            bits: Precision of parameters and of activations; None for that of the run.
        """
        bits = bits or (self.param_bits, self.act_bits)
        key = (text, *bits)
        if key in self._pictures:
            self._pictures.move_to_end(key)
            return self._pictures[key]
        picture = self._evaluate(text, bits)
        self._pictures[key] = picture
        if len(self._pictures) > REMEMBERED:
            self._pictures.popitem(last=False)
        return picture

    def findings(self, *, patient: bool = True) -> tuple[Diagnostic, ...]:
        """Return everything there is to say about the document as it is now, advice included.

        Args:
            patient: Wait for the advice however long it takes; otherwise, where it took long the
                last time, return errors alone and note that advice is due (`advice_due`).
        """
        picture = self.picture()
        self.advice_due = False
        if picture.cascade is None:
            return picture.diagnostics
        if self._advice is None or self._advice[0] is not picture:
            if not patient and self._advice_seconds > LONGEST_WAIT:
                self.advice_due = True
                return picture.diagnostics
            start = time.perf_counter()
            self._advice = (picture, lint_cascade(picture.cascade))
            self._advice_seconds = time.perf_counter() - start
        return self._advice[1]

    @property
    def is_unsettled(self) -> bool:
        """Whether something was left for later."""
        return self.advice_due or self.coverage_due or self.counts_due

    @property
    def effects_of_now(self) -> dict[str, Any]:
        """What is known of offered edits of the present document, by offer; empty after an edit."""
        key = (self.text, self.param_bits, self.act_bits)
        if self._effects[0] != key:
            self._effects = (key, {})
        return self._effects[1]

    def coverage(self, *, patient: bool = True) -> Coverage | None:
        """Return how much of the shown picture is integer; None where AIMET refuses it.

        Args:
            patient: Wait for it however long it takes; otherwise, where it took long the last
                time, return the last one and note that a new one is due (`coverage_due`).
        """
        self.coverage_due = False
        cascade = self.shown().cascade
        if cascade is None or cascade.error is not None:
            return None
        if self._coverage is None or self._coverage[0] is not cascade:
            if self._coverage is not None and not patient and self._coverage_seconds > SHORT_WAIT:
                self.coverage_due = True
                return self._coverage[1]
            self._workload = self._workload or measure_workload(self.model)
            start = time.perf_counter()
            self._coverage = (cascade, measure_coverage(cascade, self._workload))
            self._coverage_seconds = time.perf_counter() - start
        return self._coverage[1]

    def _evaluate(self, text: str, bits: Bits) -> Picture:
        start = time.perf_counter()
        try:
            config = load_document(Document(text), name=self.source.name, path=self.source.path)
        except ConfigError as error:
            return Picture(text, None, None, error.diagnostics, time.perf_counter() - start)
        if config.rules is None:
            seconds = time.perf_counter() - start
            return Picture(text, config, None, config.diagnostics, seconds)
        cascade = self._resolve(config, bits)
        seconds = time.perf_counter() - start
        return Picture(text, config, cascade, tuple(cascade.diagnostics), seconds)

    def _resolve(self, config: Config, bits: Bits) -> Cascade:
        last = self._last_valid.cascade if self._last_valid is not None else None
        if last is not None and (last.param_bits, last.act_bits) == bits:
            return resolve_edit(last, config)
        return resolve(self.model, config, param_bits=bits[0], act_bits=bits[1])

    def type_text(self, text: str, origin: str = "editor", title: str = "typing") -> None:
        """Take over what was typed."""
        self.history.push(text, title, origin, time=time.monotonic())

    def set_value(self, pointer: str, value: Any, origin: str = "form") -> None:
        """Set a value of the document, or take it out when `value` is None.

        Raises:
            QuantSimError: The document is not JSON, so there is no place to write to.
        """
        text = self.with_value(pointer, value)
        self.history.push(text, describe_edit(pointer, value), origin, time=time.monotonic())

    def set_values(
        self, edits: Sequence[tuple[str, Any]], title: str, origin: str = "graph"
    ) -> None:
        """Set several values in one step of the history."""
        self.history.push(self.with_values(edits), title, origin, time=time.monotonic())

    def with_values(self, edits: Sequence[tuple[str, Any]]) -> str:
        """Return the text with several values set."""
        document = self._document()
        for pointer, value in edits:
            document = set_value(document, pointer, value)
        return document.text

    def with_value(self, pointer: str, value: Any) -> str:
        """Return the text with a value set, or taken out when `value` is None."""
        document = self._document()
        if value is not None:
            return set_value(document, pointer, value).text
        return _tidied(remove(document, pointer), pointer).text

    def patch(self, patch: Sequence[Mapping[str, Any]], title: str, origin: str = "fix") -> None:
        """Apply an RFC 6902 patch.

        Raises:
            QuantSimError: The document is not JSON, or the patch does not fit it.
        """
        self.history.push(self.patched(patch), title, origin, time=time.monotonic())

    def patched(self, patch: Sequence[Mapping[str, Any]]) -> str:
        """Return the text after an RFC 6902 patch."""
        return apply_patch(self._document(), patch).text

    def _document(self) -> Document:
        document = Document(self.text)
        if not document.is_json:
            raise ConfigError(
                "The text is not JSON at the moment, so there is no place to write this to",
                code="not-json",
                hint="mend the marked place in the editor, or undo",
            )
        return document

    def saved(self, source: ConfigSource) -> None:
        """Note that the document is now what that source holds."""
        self.source = replace(source)
        self.history.note_saved()


def _tidied(document: Document, pointer: str) -> Document:
    """Take an entry out that lost its last key, where an empty one could still act or confuse."""
    above = parent(pointer)
    depth = len(split(above))
    if depth < 2 or split(above)[0] not in ("op_type", "params"):
        return document
    value = _value_at(document.data, split(above))
    if value == {}:
        return _tidied(remove(document, above), above)
    return document


def _value_at(data: Any, path: Sequence[str]) -> Any:
    for key in path:
        if isinstance(data, dict) and key in data:
            data = data[key]
        else:
            return None
    return data


def describe_edit(pointer: str, value: Any) -> str:
    """Return what an edit did, for the Undo button.

    >>> describe_edit("/op_type/Conv/is_output_quantized", "False")
    'op_type.Conv.is_output_quantized: False'
    """
    where = ".".join(split(pointer)) or "document"
    if value is None:
        return f"{where} taken out"
    shown = value if isinstance(value, str) else json.dumps(value)
    return f"{where}: {shown}" if len(shown) <= 30 else where
