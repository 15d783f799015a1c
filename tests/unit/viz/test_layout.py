import json
from itertools import combinations, pairwise

import pytest
from support.graph_models import chain, transformer, u_net
from support.small_models import model, node

from quantsim_viz.model import load_model
from quantsim_viz.viz.engines import EngineFailed, GridEngine, SugiyamaEngine, engines
from quantsim_viz.viz.groups import group_nodes
from quantsim_viz.viz.layout import build_layout, layout_model
from quantsim_viz.viz.skeleton import skeleton_of

MODELS = {
    "chain": chain(9),
    "transformer": transformer(3),
    "flat transformer": transformer(12, scopes=False),
    "long transformer": transformer(16),
    "u-net": u_net(4),
    "deep u-net": u_net(40),
    "long chain": chain(500),
    "one node": chain(1),
}
ENGINES = {"dot": engines()[0], "sugiyama": SugiyamaEngine(), "grid": GridEngine()}


def build(proto, collapsed=frozenset(), candidates=None):
    skeleton = skeleton_of(load_model(proto))
    return build_layout(skeleton, group_nodes(skeleton), collapsed, candidates or engines())


def boxes(layout):
    """Every drawn item by its number."""
    groups = (box.rect if box.collapsed else None for box in layout.groups)
    items = [*layout.nodes, *layout.terminals, *groups]
    return {number: rect for number, rect in enumerate(items) if rect is not None}


def overlap(a, b):
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


def is_on_border(rect, x, y, near=3):
    inside = rect.x - near <= x <= rect.x + rect.width + near
    inside &= rect.y - near <= y <= rect.y + rect.height + near
    across = min(abs(x - rect.x), abs(x - rect.x - rect.width))
    down = min(abs(y - rect.y), abs(y - rect.y - rect.height))
    return inside and min(across, down) <= near


@pytest.fixture(params=MODELS, ids=lambda name: name.replace(" ", "-"))
def proto(request):
    return MODELS[request.param]


@pytest.fixture(params=ENGINES)
def layout(request, proto):
    return build(proto, candidates=[ENGINES[request.param]])


def test_every_node_and_terminal_is_placed_and_none_overlap(layout):
    placed = boxes(layout)
    assert len(placed) == len(layout.names) + len(layout.skeleton.terminals)
    by_row = sorted(placed.values(), key=lambda rect: rect.y)
    for rect, other in combinations(by_row, 2):
        if other.y >= rect.y + rect.height:
            continue
        assert not overlap(rect, other)
    assert all(r.x >= 0 and r.x + r.width <= layout.width for r in placed.values())
    assert all(r.y >= 0 and r.y + r.height <= layout.height for r in placed.values())


def test_every_wire_runs_unbroken_from_its_source_to_its_target(layout):
    placed = boxes(layout)
    for wire in layout.wires:
        if not wire.segments:
            continue
        curves = [layout.segments[segment] for segment in wire.segments]
        for before, after in pairwise(curves):
            assert before[-2] == pytest.approx(after[0], abs=8)
            assert before[-1] == pytest.approx(after[1], abs=4)
        source, target = placed[wire.source], placed[wire.target]
        assert is_on_border(source, *curves[0][:2])
        assert is_on_border(target, *curves[-1][-2:])
        assert curves[0][1] >= source.y + source.height / 2
        assert curves[-1][-1] <= target.y + target.height / 2
        assert layout.arrows[wire.segments[-1]]


def test_every_connection_of_the_model_is_drawn(layout):
    drawn = {(w.source, w.target, tensor) for w in layout.wires for tensor in w.tensors}
    assert drawn == {(w.source, w.target, w.tensor) for w in layout.skeleton.wires}


def test_open_groups_hold_their_nodes(layout):
    for box in layout.groups:
        for number in range(box.group.first, box.group.last):
            rect = layout.nodes[number]
            assert box.rect.x <= rect.x
            assert rect.x + rect.width <= box.rect.x + box.rect.width
            assert box.rect.y <= rect.y
            assert rect.y + rect.height <= box.rect.y + box.rect.height


def test_the_same_model_is_always_laid_out_alike():
    first, second = build(transformer(4)), build(transformer(4))
    assert first is not second
    assert first.key == second.key
    assert first.data == second.data


def test_a_model_is_laid_out_once():
    loaded = load_model(transformer(2))
    assert layout_model(loaded) is layout_model(loaded)
    assert layout_model(loaded) is layout_model(loaded, frozenset())


def test_an_input_that_everybody_reads_becomes_stubs():
    layout = build(transformer(16))
    mask = len(layout.names) + 1
    assert layout.skeleton.terminals[1].name == "mask"
    stubs = [wire for wire in layout.wires if not wire.segments]
    assert {wire.source for wire in stubs} == {mask}
    assert 8 <= len(stubs) < 16


def test_long_skips_are_drawn_in_full():
    layout = build(u_net(4))
    assert all(wire.segments for wire in layout.wires)


def test_collapsing_replaces_nodes_by_one_box_and_keeps_its_wires():
    opened = build(transformer(3))
    path = next(box.group.path for box in opened.groups if box.group.path.endswith("attn"))
    closed = build(transformer(3), frozenset({path}))
    box = next(box for box in closed.groups if box.group.path == path)
    assert box.collapsed
    assert closed.collapsed == {path}
    hidden = set(range(box.group.first, box.group.last))
    assert {i for i, rect in enumerate(closed.nodes) if rect is None} == hidden
    assert closed.key != opened.key
    assert closed.height < opened.height
    item = len(closed.nodes) + len(closed.terminals) + closed.groups.index(box)
    assert any(wire.source == item for wire in closed.wires)
    assert any(wire.target == item for wire in closed.wires)
    assert not any(wire.source == wire.target for wire in closed.wires)


def test_groups_inside_a_collapsed_one_are_listed_without_a_place():
    outer = min((b.group.path for b in build(transformer(2)).groups), key=len)
    layout = build(transformer(2), frozenset({outer}))
    inner = [box for box in layout.groups if box.group.path.startswith(f"{outer}/")]
    assert inner
    assert all(box.rect is None and not box.collapsed for box in inner)


def test_the_document_for_the_browser_names_every_node_once():
    layout = build(transformer(2))
    document = json.loads(layout.data)
    count = len(layout.names)
    assert document["names"] == list(layout.names)
    assert [len(document[key]) for key in ("ops", "modules", "parts", "rects", "home")] == [
        count
    ] * 5
    assert len(document["arrows"]) == len(document["segments"]) == len(layout.segments)
    assert [name for name, _ in document["tensors"]] == list(layout.tensors)
    assert document["palette"]["statuses"]


def test_a_failing_engine_gives_way_to_the_next():
    class Broken:
        name = "broken"

        def solve(self, problems):
            raise EngineFailed("broken: on purpose")

    assert build(chain(3), candidates=[Broken(), GridEngine()]).engine == "grid"
    with pytest.raises(EngineFailed, match="on purpose"):
        build(chain(3), candidates=[Broken()])


def test_a_name_with_markup_stays_a_name():
    name = '<b onload="x">&\\"\n'
    layout = build(model([node("Relu", "x", "y", name)]))
    assert layout.names == (name,)
    assert json.loads(layout.data)["names"] == [name]


def test_a_deep_stack_of_open_groups_stands_upright():
    shallow, deep = (layout_model(load_model(transformer(n)), frozenset()) for n in (2, 40))
    assert deep.width < 1.25 * shallow.width
