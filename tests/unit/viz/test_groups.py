from support.graph_models import chain, transformer, u_net
from support.small_models import model, node

from quantsim_viz.model import load_model
from quantsim_viz.viz.groups import VISIBLE_LIMIT, default_collapsed, group_nodes
from quantsim_viz.viz.skeleton import skeleton_of


def grouped(proto):
    return group_nodes(skeleton_of(load_model(proto)))


def vertices(group):
    for child in group.children:
        if isinstance(child, int):
            yield child
        else:
            yield from vertices(child)


def test_every_node_is_in_exactly_one_place_and_in_order():
    for proto in (chain(30), transformer(6), transformer(6, scopes=False), u_net(4)):
        root = grouped(proto)
        assert list(vertices(root)) == list(range(len(root)))
        for group in root.groups():
            assert list(vertices(group)) == list(range(group.first, group.last))


def test_groups_follow_module_scopes():
    paths = [group.path for group in grouped(transformer(2)).groups()]
    first, second = (f"encoder/layers/{layer}" for layer in range(2))
    assert [p for p in paths if p.startswith("encoder/layers/")] == [
        first,
        f"{first}/attn",
        f"{first}/mlp",
        second,
        f"{second}/attn",
        f"{second}/mlp",
    ]
    assert len(set(paths)) == len(paths)


def test_repeated_structure_has_one_signature():
    layers = [g for g in grouped(transformer(5)).groups() if g.label.endswith("attn")]
    assert len(layers) == 5
    assert len({group.signature for group in layers}) == 1


def test_a_scope_whose_nodes_are_scattered_gives_a_group_a_run():
    names = ["/a/r0", "/a/r1", "/a/r2", "/b/r3", "/b/r4", "/b/r5", "/a/r6", "/a/r7", "/a/r8"]
    tensors = ["x", *(f"t{i}" for i in range(8)), "y"]
    nodes = [node("Relu", tensors[i], tensors[i + 1], name) for i, name in enumerate(names)]
    assert [g.path for g in grouped(model(nodes)).groups()] == ["a", "b", "a#2"]


def test_a_flat_model_is_grouped_by_its_repeated_blocks():
    blocks = list(grouped(transformer(8, scopes=False)).groups())
    assert len(blocks) >= 8
    assert all(group.path.startswith("block") for group in blocks)
    assert sum(len(group) for group in blocks) >= 0.8 * 8 * 16


def test_a_short_chain_is_left_alone():
    assert list(grouped(chain(20)).groups()) == []


def test_a_small_model_opens_with_every_group_open():
    assert default_collapsed(grouped(transformer(3))) == frozenset()


def test_a_large_model_opens_at_a_level_that_can_be_overseen():
    root = grouped(transformer(40))
    collapsed = default_collapsed(root)
    hidden = sum(len(g) for g in root.groups() if g.path in collapsed)
    assert collapsed
    assert len(root) - hidden + len(collapsed) <= VISIBLE_LIMIT


def test_a_large_chain_without_structure_stays_open():
    assert default_collapsed(grouped(u_net(2, convolutions=200))) == frozenset()
