"""One person's session: what is open, selected, measured and compared. Plain Python.

`state` keeps one of these for each browser session; everything shown is derived from it.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import Document
from quantsim_viz.config.pointer import parent
from quantsim_viz.errors import QuantSimError
from quantsim_viz.ui import datasets, documents, saving
from quantsim_viz.ui.compare.comparing import AS_OPENED, Comparing
from quantsim_viz.ui.examine import Examination
from quantsim_viz.ui.results import LIVE_SECONDS, Result, RunOptions
from quantsim_viz.ui.views.coverage import spots
from quantsim_viz.ui.views.effects import effect_of, effect_of_value
from quantsim_viz.ui.views.gestures import effect_of_gesture, gesture
from quantsim_viz.ui.views.inspector import find_offer
from quantsim_viz.ui.views.navigator import finding_id
from quantsim_viz.ui.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quantsim_viz.model import Model
    from quantsim_viz.ui.datasets import DataSource
    from quantsim_viz.ui.documents import ConfigSource
    from quantsim_viz.ui.jobs import Job
    from quantsim_viz.ui.sources import ModelSource, Roots
    from quantsim_viz.ui.workspace import Picture

MODES = ("status", "bits", "sqnr", "diff")
VIEWS = ("JSON", "Forms", "Changes", "Presets")

TABS = ("Layers", "Configuration", "Run")


UPLOAD = "upload_"
"""What the id of a notice about an upload begins with: it is told where that was brought."""

Action = tuple[str, str, str]
"""An act, its title for a button, and the `id` that it is sent with."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the person, above the graph, until it is dismissed or out of date.

    Attributes:
        id: What it is about; a newer notice of the same id takes its place.
        text: What happened, and what to do.
        tone: `info`, `warning` or `error`.
        actions: (act, title, id) of what can be done about it; `()` for dismissing it.
        is_passing: Whether the next valid edit makes it out of date.
    """

    id: str
    text: str
    tone: str = "info"
    actions: tuple[Action, ...] = ()
    is_passing: bool = False


class Session:
    """What one person has open.

    Attributes:
        roots: Which files may be opened.
        id: Tells this session from every other, also after the server was started anew.
        openings: How often a document was opened.
        fresh: Whether the document was opened again on purpose: its draft is not wanted.
        model_source: The model as it can be opened again.
        workspace: Model and document.
        data: What Simulate measures on.
        options: How Simulate runs.
        selected: Name of the selected node.
        rule: Pointer of the selected rule.
        spot: (`island` or `crossing`, number): what of the coverage line is looked at.
        searched_rule: Pointer of the rules whose nodes the graph's search asked for.
        mode: Colour mode of the graph.
        tab: Which of the bottom panels is shown.
        view: How the configuration is shown: `JSON`, `Forms` `Changes` or `Presets`.
        limits_asked: How often somebody went to what the opened preset cannot express.
        draft_answer: (draft, what to do with it) of the one that the browser last asked about.
        preview: What the graph shows in place of the present picture.
        preview_words: What that does to the quantizers, or why there is none.
        considered: (tensor, property) pairs whose offers somebody looks at, so that these are
            counted.
        jump: (line, n): where the editor last had to go.
        jump_focuses: Whether it takes the keyboard with it.
        notices: What there is to tell.
        comparing: The Compare page.
        against: What the changes are shown against, None for the document as it was opened.
        checked: The model and the data that were last checked against each other.
        fitting: The last data that are not known not to fit: what stands where others do not.
        jobs: The simulation that runs or ran last, by purpose (`runs`).
        results: The figures of the last one that finished, by purpose.
        examination: The tensor whose values are looked at, and what was found.
        live: Whether noise is measured after every edit, unasked.
        live_seconds: How long that took last, without waiting for its turn and for the model.
        live_problem: Why it failed the last time, `""` if it did not.
        collapsed: Groups that the graph draws as one box, None for its own choice.
    """

    def __init__(self, roots: Roots, load: Callable[[ModelSource], Model]) -> None:
        self.roots = roots
        self._load = load
        self.id = secrets.token_hex(4)
        self.openings = 0
        self.fresh = False
        self.model_source: ModelSource
        self.workspace: Workspace
        self.data: DataSource = datasets.RANDOM_DATA
        self.options = RunOptions()
        self.selected: str | None = None
        self.rule: str | None = None
        self.spot: tuple[str, int] | None = None
        self.searched_rule = ""
        self.mode = "status"
        self.tab = "Layers"
        self.view = "JSON"
        self.limits_asked = 0
        self.draft_answer = ("", "")
        self.preview: Picture | None = None
        self.preview_words = ""
        self.considered: frozenset[tuple[str, str]] = frozenset()
        self.jump = (0, 0)
        self.jump_focuses = True
        self.notices: dict[str, Notice] = {}
        self.comparing = Comparing(self)
        self.against: ConfigSource | None = None
        self.checked: tuple[str, DataSource] | None = None
        self.fitting: DataSource = self.data
        self.jobs: dict[str, Job] = {}
        self.results: dict[str, Result] = {}
        self.examination = Examination()
        self.live = True
        self.live_seconds = 0.0
        self.live_problem = ""
        self.collapsed: frozenset[str] | None = None

    # Opening

    def open_model(self, source: ModelSource) -> None:
        """Open a model; the document stays as it is.

        Raises:
            QuantSimError: It cannot be loaded; then nothing has changed.
        """
        model = self._load(source)
        old = getattr(self, "workspace", None)
        self.model_source = source
        if old is not None:
            self.workspace = Workspace(model, old.source, history=old.history)
        else:
            default = documents.config_source(documents.DEFAULT_CONFIG, self.roots)
            self.workspace = Workspace(model, default)
        self.workspace.param_bits = self.options.param_bits
        self.workspace.act_bits = self.options.act_bits
        self.data = self.fitting = datasets.data_for(source)
        self.selected = self.rule = self.spot = self.collapsed = None
        self._end_preview()
        self.results.clear()
        self.live_seconds, self.live_problem = 0.0, ""
        self.notices.clear()
        for warning in model.warnings:
            self.tell(f"model:{warning.code}", warning.message, "warning")

    def open_config(self, source: ConfigSource) -> None:
        """Open a configuration in place of the document; Undo does not reach behind it."""
        old = self.workspace
        self.fresh = source.reference == old.source.reference
        self.openings += 1
        self.workspace = Workspace(old.model, source)
        self.workspace.param_bits, self.workspace.act_bits = old.param_bits, old.act_bits
        self.rule = None
        self._end_preview()
        self.notices.pop("draft", None)
        self._drop_passing()

    def open_data(self, source: DataSource) -> None:
        """Choose what to measure on."""
        self.data = source
        self.notices.pop("data-fit", None)

    def calibrate_with(self, source: DataSource | None) -> None:
        """Choose what ranges are found on, None for the data that are measured on."""
        self.open_data(datasets.calibrated_with(self.data, source))

    @property
    def compare_source(self) -> ConfigSource | None:
        """What the document is compared with: side A of the Compare page, unless it is that."""
        base = self.comparing.sides.get("A")
        return None if base is None or base.is_document else base.source

    @property
    def compared(self) -> ConfigSource | None:
        """What there is to compare with: side A, else what an edited document was."""
        if self.compare_source is not None or self.workspace.history.is_pristine:
            return self.compare_source
        return self.comparing.source_of(AS_OPENED)

    @property
    def document_name(self) -> str:
        """What to call the document beside others."""
        name = self.workspace.source.name
        return name if self.workspace.history.is_pristine else f"{name}, edited"

    def set_option(self, name: str, value: Any) -> None:
        """Set one of the options of a run."""
        self.options = replace(self.options, **{name: value})
        self.workspace.param_bits = self.options.param_bits
        self.workspace.act_bits = self.options.act_bits

    @property
    def document_key(self) -> str:
        """Identity of what is open, under which the browser keeps a draft."""
        source = self.workspace.source
        return f"{self.workspace.model.sha256[:12]}:{source.reference}"

    # Telling

    def tell(
        self,
        notice_id: str,
        text: str,
        tone: str = "info",
        *,
        actions: tuple[Action, ...] = (),
        is_passing: bool = False,
    ) -> None:
        """Add a notice."""
        self.notices[notice_id] = Notice(notice_id, text, tone, actions, is_passing)

    def _drop_passing(self) -> None:
        """Drop what a valid edit makes out of date; while the text is not valid, it stands."""
        if self.workspace.picture().cascade is not None:
            stay = {key: notice for key, notice in self.notices.items() if not notice.is_passing}
            self.notices = stay

    def attempt(self, notice_id: str, action: Callable[[], None]) -> bool:
        """Do something that may fail, and tell why if it does; whether it was done."""
        try:
            action()
        except QuantSimError as error:
            self.tell(notice_id, str(error), "error")
            return False
        self.notices.pop(notice_id, None)
        return True

    # Acting

    def act(self, act: Mapping[str, Any]) -> None:
        """Do one act of a component; an unknown node, rule or fix is simply no longer there."""
        name = str(act.get("type", ""))
        method = getattr(self, f"_act_{name}", None)
        if method is None:
            return
        is_look = name in ("preview", "consider", "examine")
        if not is_look:
            self._end_preview()
        before = self.workspace.text
        self.attempt("look" if is_look else "edit", lambda: method(act))
        if self.workspace.text != before:
            self._drop_passing()

    def _act_select(self, act: Mapping[str, Any]) -> None:
        name = act.get("node")
        known = any(node.name == name for node in self.workspace.model.graph.nodes)
        self.selected = str(name) if known else None
        self.considered = frozenset()
        self.rule = self.spot = None

    def _act_rule(self, act: Mapping[str, Any]) -> None:
        self.rule = str(act.get("pointer") or "") or None
        self.spot = None
        if act.get("line"):
            self._go_to(int(act["line"]), focus=True)

    def _act_spot(self, act: Mapping[str, Any]) -> None:
        """Go to the first island or crossing; from there to the next."""
        kind = str(act["id"])
        found = spots(self.workspace.coverage(), kind)
        if found:
            last = self.spot[1] if self.spot is not None and self.spot[0] == kind else -1
            number = (last + 1) % len(found)
            self._act_select({"node": found[number][0]})
            self.spot = (kind, number)

    def _go_to(self, line: int, *, focus: bool) -> None:
        """Show a line of the document in the editor, perhaps with the keyboard in it."""
        self.jump, self.jump_focuses = (line, self.jump[1] + 1), focus
        self.tab, self.view = "Configuration", "JSON"

    def _show_edit(self, pointer: str) -> None:
        """Show where something was written; where it was taken out, what stood around it."""
        document = Document(self.workspace.text)
        if pointer.endswith("/-"):
            items = [p for p in document.spots if parent(p) == parent(pointer)]
            pointer = items[-1] if items else parent(pointer)
        while pointer and pointer not in document.spots:
            pointer = parent(pointer)
        line, _ = document.position(pointer)
        self._go_to(line, focus=False)

    def _act_set(self, act: Mapping[str, Any]) -> None:
        self.workspace.set_value(str(act["pointer"]), act.get("value"), "form")

    def _act_edit(self, act: Mapping[str, Any]) -> None:
        if act.get("ver") == self.workspace.history.version:
            self.workspace.type_text(str(act["text"]))

    def _act_restore(self, act: Mapping[str, Any]) -> None:
        """Take up a draft that the browser kept, with the steps around it where they fit."""
        text = str(act["text"])
        trail = act.get("trail")
        of = str(act.get("of") or text)
        history = self.workspace.history
        if history.is_pristine:
            history.revive(of, trail if isinstance(trail, dict) else {}, time=time.monotonic())
        self.workspace.type_text(text, "draft", "draft restored")
        written = time.strftime("%H:%M", time.localtime(float(act.get("time", 0)) / 1000))
        if text != self.workspace.history.opened:
            self.tell(
                "draft",
                f"Brought back what you were writing at {written}; Undo leads back to the file.",
            )

    def _act_ask_draft(self, act: Mapping[str, Any]) -> None:
        """Ask whether a draft of another version of the file is wanted."""
        draft = str(act["draft"])
        self.tell(
            "draft",
            f"A draft of {act['when']} was written on another version of this file.",
            "warning",
            actions=(
                ("bring_draft", "Bring it back", draft),
                ("drop_draft", "Discard it", draft),
            ),
        )

    def _act_bring_draft(self, act: Mapping[str, Any]) -> None:
        self._answer(str(act["id"]), "bring")

    def _act_drop_draft(self, act: Mapping[str, Any]) -> None:
        self._answer(str(act["id"]), "drop")

    def _answer(self, draft: str, answer: str) -> None:
        self.draft_answer = (draft, answer)
        self.notices.pop("draft", None)

    def _act_undo(self, act: Mapping[str, Any]) -> None:
        self.workspace.history.undo()

    def _act_redo(self, act: Mapping[str, Any]) -> None:
        self.workspace.history.redo()

    def _act_save(self, act: Mapping[str, Any]) -> None:
        saving.save(self)

    def _act_overwrite(self, act: Mapping[str, Any]) -> None:
        saving.overwrite(self)

    def _act_against_file(self, act: Mapping[str, Any]) -> None:
        saving.compare_with_file(self)

    def _act_fix(self, act: Mapping[str, Any]) -> None:
        wanted = str(act["id"])
        found = (d for d in self.workspace.findings() if d.fix and finding_id(d) == wanted)
        fix = next((diagnostic.fix for diagnostic in found), None)
        if fix is not None:
            self.workspace.patch(fix.patch, fix.title)

    def _act_offer(self, act: Mapping[str, Any]) -> None:
        offer = find_offer(self.workspace, self.selected, str(act["id"]))
        if offer is not None and offer.option:
            self.set_option(offer.option, offer.value)
        elif offer is not None:
            self.workspace.set_value(offer.pointer, offer.value, "graph")
            self._show_edit(offer.pointer)

    def _end_preview(self) -> None:
        self.preview, self.preview_words = None, ""

    def _act_preview(self, act: Mapping[str, Any]) -> None:
        """Show what an offer, a gesture or a value about to be set would make of the graph."""
        self._end_preview()
        offer = find_offer(self.workspace, self.selected, str(act.get("id") or ""))
        if offer is not None:
            effect = effect_of(self.workspace, offer)
        elif act.get("pointer"):
            effect = effect_of_value(self.workspace, str(act["pointer"]), act.get("value"))
        elif act.get("gesture"):
            nodes = list(map(str, act.get("nodes", ())))
            effect = effect_of_gesture(self.workspace, str(act["gesture"]), nodes)
        else:
            return
        self.preview = None if effect.refused else effect.picture
        self.preview_words = effect.told

    def _act_against(self, act: Mapping[str, Any]) -> None:
        """Hold the document against a preset, or, by an empty reference, what it was."""
        reference = str(act.get("reference") or "")
        chosen = self.compare_source
        if chosen is None or chosen.reference != reference:
            chosen = documents.config_source(reference, self.roots) if reference else None
        self.against = chosen
        if act.get("show"):
            self.tab, self.view = "Configuration", "Changes"

    def _act_open_config(self, act: Mapping[str, Any]) -> None:
        self.open_config(documents.config_source(str(act["reference"]), self.roots))

    def _act_limits(self, _act: Mapping[str, Any]) -> None:
        """Show what the opened preset cannot express."""
        self.tab, self.view = "Configuration", "Presets"
        self.limits_asked += 1

    def _act_consider(self, act: Mapping[str, Any]) -> None:
        """Look at what could be done about a property of a quantizer."""
        self.considered |= {(str(act.get("tensor")), str(act.get("property")))}

    def _act_examine(self, act: Mapping[str, Any]) -> None:
        """Look at the values of a tensor, or no longer."""
        tensor = act.get("tensor")
        self.examination.look_at(None if tensor is None else str(tensor))

    def _act_menu(self, act: Mapping[str, Any]) -> None:
        found = gesture(self.workspace, str(act["id"]), list(map(str, act.get("nodes", ()))))
        if found is None:
            return
        self.workspace.set_values(found.edits, found.title)
        self._show_edit(found.edits[-1][0])

    def _act_dismiss(self, act: Mapping[str, Any]) -> None:
        if act.get("id") == "spot":
            self.spot = None
        self.notices.pop(str(act.get("id")), None)

    # Results

    def is_running(self, purpose: str) -> bool:
        """Whether a simulation for that purpose is under way."""
        job = self.jobs.get(purpose)
        return job is not None and job.is_running

    def switch_live(self, on: bool) -> None:
        """Measure after every edit or not; switching it on also tries a slow model anew."""
        self.live, self.live_seconds = on, 0.0

    @property
    def is_slow(self) -> bool:
        """Whether live noise takes so long on this model that it is measured on request only."""
        return self.live_seconds > LIVE_SECONDS

    @property
    def result(self) -> Result | None:
        """The figures to show: of all data if they are of the present state, else live ones.

        While neither is of the present state, the newer ones stand, and are stale.
        """
        full, live = self.results.get("simulate"), self.results.get("live")
        if full is None or live is None:
            return full or live
        if not self.is_stale(full) or self.is_stale(live):
            return full
        return live

    def is_stale(self, result: Result | None, *, missing: bool = False) -> bool:
        """Whether figures are of another document, model, data or options than now.

        Args:
            result: The figures.
            missing: What to answer where there are none.
        """
        return missing if result is None else not self.is_current(result)

    def is_current(self, run: Result | Job) -> bool:
        """Whether a run is of what is open now."""
        text = run.texts[-1] if isinstance(run, Result) else run.texts[-1][1]
        now = (self.workspace.text, self.model_source.key, self.data)
        options = replace(self.options, samples=run.options.samples, measures=run.options.measures)
        return (text, run.model_key, run.data, run.options) == (*now, options)
