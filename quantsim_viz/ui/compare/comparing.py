"""What is compared: sides by letter, which pair is looked at, and what was measured. Plain Python.

A is what the others are set beside. The workbench's document is a side like any other, so that what
is edited there is seen here; every other side has a document and a history of its own.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.report.metrics import METRICS
from quantsim_viz.resolve import diff_cascades, find_causes
from quantsim_viz.ui import documents
from quantsim_viz.ui.compare.attributed import interacting_nodes
from quantsim_viz.ui.compare.sides import DOCUMENT, LETTERS, Side, own_side

if TYPE_CHECKING:
    from collections.abc import Mapping

    from quantsim_viz.resolve import Cascade, CausedChanges
    from quantsim_viz.resolve.difference import Difference
    from quantsim_viz.ui.compare.measured import Measured
    from quantsim_viz.ui.documents import ConfigSource
    from quantsim_viz.ui.session import Session

LAYOUTS = ("Two graphs", "Difference")
AS_OPENED = "as opened"
"""Names what the document was when it was opened, where a configuration is asked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """How two sides differ in effect.

    Attributes:
        first: What is in effect in A.
        second: What is in effect beside it.
        difference: What differs.
        causes: The same by the rules that changed.
    """

    first: Cascade
    second: Cascade
    difference: Difference
    causes: list[CausedChanges]


class Comparing:
    """The Compare page of one session.

    Attributes:
        is_open: Whether the page is shown, rather than the workbench.
        sides: By letter.
        other: The letter of the side that is set beside A in detail.
        layout: `Two graphs`, or one coloured by the `Difference`.
        panel: What stands at the right: `causes`, or the letter of the side that is edited.
        cause: Identity of the cause that is looked at.
        mode: Colour mode of the graphs.
        asked: Number of the run that was asked for, None while it is none of them.
        metric: Which accuracy is measured, None for what suits the labels.
        metrics: Accuracies that are offered.
        files: Configurations offered besides the presets: uploads, paths, documents put aside.
        measured: What was measured last, by purpose (`compare.runs`).
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.is_open = False
        self.sides: dict[str, Side] = {"B": Side(session, DOCUMENT, None)}
        self.other = "B"
        self.layout = LAYOUTS[0]
        self.panel = "causes"
        self.cause: str | None = None
        self.mode = "status"
        self.asked: int | None = None
        self.metric: str | None = None
        self.metrics: tuple[str, ...] = METRICS
        self.files: dict[str, ConfigSource] = {}
        self.measured: dict[str, Measured] = {}
        self._found: Found | None = None

    # Choosing

    def open(self) -> None:
        """Show the page; an edited document stands beside what it was, unless told otherwise."""
        self.is_open = True
        if "A" not in self.sides and self._session.compared is not None:
            self.assign("A", AS_OPENED)

    def close(self) -> None:
        """Go back to the workbench; the comparison stays as it is."""
        self.is_open = False

    def follow(self) -> None:
        """Take over what changed elsewhere: model, bit widths, what the document was."""
        for letter, side in list(self.sides.items()):
            is_old = side.own is not None and side.reference == AS_OPENED
            if is_old and self._has_moved_on(side):
                self.assign(letter, AS_OPENED)
            side.follow()

    def _has_moved_on(self, side: Side) -> bool:
        opened = self._session.workspace.history.opened
        return side.workspace.history.is_pristine and side.text != opened

    def assign(self, letter: str, reference: str) -> None:
        """Make a configuration one of the sides.

        Args:
            letter: Which side; `+` for a further one.
            reference: `document`, `as opened`, a preset, a path, or the name of a file offered.

        Raises:
            QuantSimError: It cannot be opened.
        """
        if letter == "+":
            letter = next((one for one in LETTERS[2:] if one not in self.sides), "")
        if letter not in LETTERS or not letter:
            return
        if reference == DOCUMENT:
            self._put(letter, Side(self._session, DOCUMENT, None))
        else:
            self._put(letter, own_side(self._session, reference, self.source_of(reference)))

    def _put(self, letter: str, side: Side) -> None:
        self.sides = dict(sorted((self.sides | {letter: side}).items()))
        self.cause = None
        if letter != "A":
            self.other = letter

    def source_of(self, reference: str) -> ConfigSource:
        """Return a configuration that is offered, or that a path names.

        Raises:
            QuantSimError: It cannot be opened.
        """
        if reference in self.files:
            return self.files[reference]
        if reference == AS_OPENED:
            return self._as_opened()
        return documents.config_source(reference, self._session.roots)

    def _as_opened(self) -> ConfigSource:
        workspace = self._session.workspace
        own, text = workspace.source, workspace.history.opened
        name = f"{own.name}, as opened"
        return replace(own, reference=AS_OPENED, text=text, path=None, name=name)

    def offer(self, source: ConfigSource) -> str:
        """Offer a configuration besides the presets; return what names it."""
        name = source.reference
        number = 1
        while name in self.files and self.files[name].text != source.text:
            number += 1
            name = f"{source.reference} ({number})"
        self.files[name] = replace(source, name=name if number > 1 else source.name)
        return name

    def add(self, source: ConfigSource) -> None:
        """Offer a configuration and take it for the side that is still free, or a further one."""
        name = self.offer(source)
        free = next((letter for letter in "AB" if letter not in self.sides), "+")
        self.assign(free, name)

    def drop(self, letter: str) -> None:
        """Take a side out of the comparison."""
        side = self.sides.pop(letter, None)
        if side is not None:
            self._keep(side)
        if self.other == letter:
            self.other = next((one for one in self.sides if one != "A"), "B")
        if self.panel == letter:
            self.panel = "causes"

    def _keep(self, side: Side) -> None:
        """Offer an edited document that is no side any more, so that nothing is lost."""
        if side.own is not None and not side.own.history.is_pristine:
            self.offer(replace(side.source, reference=side.name, name=side.name, path=None))

    def swap(self) -> None:
        """Exchange A and the side beside it."""
        if self.pair is None:
            return
        first, second = self.pair
        self.sides |= {"A": second, self.other: first}
        self.cause = None

    def adopt(self, letter: str) -> None:
        """Make a side the workbench's document; the document that was there is kept."""
        side, session = self.sides.get(letter), self._session
        if side is None or side.own is None:
            return
        old, holders = session.workspace, [s for s in self.sides.values() if s.own is None]
        for holder in holders:
            holder.own, holder.reference = old, old.source.reference
        if not holders and not old.history.is_pristine:
            name = session.document_name
            source = replace(old.source, text=old.text, reference=name, name=name, path=None)
            self.offer(source)
        session.workspace, side.own, side.reference = side.own, None, DOCUMENT
        session.openings += 1
        session.fresh = True

    def offer_metric(self, name: str) -> None:
        """Measure an accuracy that was named at start; one of the user's own executes code."""
        self.metrics = tuple(dict.fromkeys((*self.metrics, name)))
        self.metric = name

    # What there is to see

    @property
    def pair(self) -> tuple[Side, Side] | None:
        """A and the side beside it, None while one is missing."""
        first, second = self.sides.get("A"), self.sides.get(self.other)
        return None if first is None or second is None else (first, second)

    @property
    def ready(self) -> dict[str, Side]:
        """The sides that can be simulated."""
        return {letter: side for letter, side in self.sides.items() if not side.problem}

    @property
    def difference(self) -> Difference | None:
        """How A and the side beside it differ in effect; None while one of them is missing."""
        found = self._find()
        return None if found is None else found.difference

    @property
    def causes(self) -> list[CausedChanges]:
        """What each changed rule does in effect, the widest first; idle ones come last."""
        found = self._find()
        return [] if found is None else found.causes

    @property
    def marked_nodes(self) -> list[str]:
        """The nodes of the cause that is looked at."""
        decided = next((list(cause.nodes) for cause in self.causes if cause.id == self.cause), [])
        return decided or interacting_nodes(self._session, self.cause)

    @property
    def touched_nodes(self) -> set[str]:
        """The nodes whose quantizers differ between the pair, whatever their status."""
        return {node for cause in self.causes for node in cause.nodes}

    def _find(self) -> Found | None:
        """Return how the pair differs, worked out anew only when one of them changed."""
        cascades = [] if self.pair is None else [side.cascade for side in self.pair]
        if len(cascades) < 2 or cascades[0] is None or cascades[1] is None:
            return None
        known = self._found
        if known is None or (known.first, known.second) != tuple(cascades):
            difference = diff_cascades(cascades[0], cascades[1])
            causes = find_causes(cascades[0], cascades[1], difference)
            known = self._found = Found(cascades[0], cascades[1], difference, causes)
        return known

    # The address

    def address(self) -> dict[str, str]:
        """Return what the address says of it; uploads never appear."""
        named = self._named()
        found = {"compare": named} if named else {}
        if self.is_open != bool(named):
            found["page"] = "compare" if self.is_open else "workbench"
        return found

    def _named(self) -> str:
        names = [self._name_in_address(letter) for letter in LETTERS if letter in self.sides]
        if "A" not in self.sides or "" in names:
            return ""
        return names[0] if names[1:] == [DOCUMENT] else ",".join(names)

    def _name_in_address(self, letter: str) -> str:
        side = self.sides[letter]
        if side.is_document or side.reference == AS_OPENED:
            return side.reference
        return "" if side.workspace.source.is_upload else side.workspace.source.reference

    def read_address(self, text: str) -> None:
        """Take over what an address says; `A` alone stands beside the document.

        Raises:
            QuantSimError: One of them cannot be opened.
        """
        if text == self._named():
            return
        names = [text] if os.path.exists(text) else [name for name in text.split(",") if name]
        if len(names) == 1:
            names.append(DOCUMENT)
        for letter in self.sides:
            if letter > LETTERS[min(len(names), len(LETTERS)) - 1]:
                self.sides = {one: s for one, s in self.sides.items() if one != letter}
        for letter, name in zip(LETTERS, names, strict=False):
            self.assign(letter, name)
        self.other = "B"

    # Acting

    def act(self, act: Mapping[str, Any]) -> None:
        """Do one act of a pane of the page."""
        name = str(act.get("type", ""))
        method = getattr(self, f"_act_{name}", None)
        if method is None:
            self._session.act(act)
        else:
            self._session.attempt("compare-side", lambda: method(act))

    def _act_assign(self, act: Mapping[str, Any]) -> None:
        letter, reference = str(act["letter"]), str(act["reference"])
        side = self.sides.get(letter)
        if side is not None:
            self._keep(side)
        self.assign(letter, reference)

    def _act_drop(self, act: Mapping[str, Any]) -> None:
        self.drop(str(act["letter"]))

    def _act_swap(self, act: Mapping[str, Any]) -> None:
        self.swap()

    def _act_beside(self, act: Mapping[str, Any]) -> None:
        letter = str(act["letter"])
        if letter in self.sides and letter != "A":
            self.other, self.cause = letter, None

    def _act_cause(self, act: Mapping[str, Any]) -> None:
        """Light up the nodes of a cause and go to the first; of the one that is lit, stop."""
        wanted = act.get("id")
        self.cause = None if wanted is None or wanted == self.cause else str(wanted)
        if self.marked_nodes:
            self._session.act({"type": "select", "node": self.marked_nodes[0]})

    def _act_metric(self, act: Mapping[str, Any]) -> None:
        name = str(act.get("name") or "")
        self.metric = name if name in self.metrics else None

    def _act_line(self, act: Mapping[str, Any]) -> None:
        """Show a line of a side in its editor."""
        side = self.sides.get(str(act["letter"]))
        if side is not None:
            self.panel = str(act["letter"])
            side.go_to(int(act["line"]))
