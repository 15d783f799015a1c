"""What changed between two documents, and the documents in between."""

from __future__ import annotations

import pytest

from quantsim_viz.config import Document, list_presets, load_config
from quantsim_viz.resolve import RuleChanges

PRESETS = {entry.name: load_config(entry.path).document for entry in list_presets()}


def between(first, second):
    return RuleChanges(load_config(first).document, load_config(second).document)


def base(**sections):
    return {
        "defaults": {"ops": {"is_output_quantized": "True"}, "params": {"is_quantized": "True"}},
        "params": {},
        "op_type": {},
        "supergroups": [],
        "model_input": {},
        "model_output": {},
    } | sections


def groups(*names):
    return [{"op_list": name.split()} for name in names]


@pytest.mark.parametrize("first", PRESETS)
def test_no_change_gives_the_first_document_and_all_give_the_second(first):
    for second in PRESETS:
        changes = RuleChanges(PRESETS[first], PRESETS[second])
        assert changes.data(()) == PRESETS[first].data
        assert changes.data(range(len(changes))) == PRESETS[second].data


def test_a_document_does_not_differ_from_itself():
    assert list(RuleChanges(PRESETS["tflite_int8"], PRESETS["tflite_int8"])) == []


def test_leaves_are_added_removed_and_changed_with_values_and_lines():
    changes = between(
        base(op_type={"Conv": {"is_symmetric": "True"}, "Relu": {"is_output_quantized": "False"}}),
        base(op_type={"Conv": {"is_symmetric": "False"}, "Add": {"is_input_quantized": "True"}}),
    )
    assert [(x.pointer, x.kind, x.values) for x in changes] == [
        ("/op_type/Conv/is_symmetric", "changed", ("True", "False")),
        ("/op_type/Relu/is_output_quantized", "removed", ("False", None)),
        ("/op_type/Add/is_input_quantized", "added", (None, "True")),
    ]
    changed, removed, added = changes
    assert all(changed.lines)
    assert (removed.pointers[1], removed.lines[1]) == (None, None)
    assert (added.pointers[0], added.lines[0]) == (None, None)
    assert str(changed) == "/op_type/Conv/is_symmetric: True → False"


def test_an_entry_goes_with_its_last_rule_and_stays_where_both_have_it():
    changes = between(
        base(op_type={"Relu": {"is_symmetric": "True"}, "Pad": {"is_symmetric": "True"}}),
        base(op_type={"Pad": {}}),
    )
    relu, pad = changes
    assert changes.alone(relu).data["op_type"] == {"Pad": {"is_symmetric": "True"}}
    assert changes.alone(pad).data["op_type"] == {"Relu": {"is_symmetric": "True"}, "Pad": {}}
    assert changes.all_but(relu).data["op_type"] == {"Relu": {"is_symmetric": "True"}, "Pad": {}}


def test_an_empty_entry_is_a_rule_of_its_own():
    (change,) = between(base(), base(op_type={"Pad": {}}))
    assert (change.pointer, change.kind, change.values) == ("/op_type/Pad", "added", (None, {}))


def test_both_ends_of_a_fixed_range_are_one_rule():
    (change,) = between(
        base(op_type={"Tanh": {"encoding_constraints": {"min": -1, "max": 1}}}),
        base(op_type={"Tanh": {"encoding_constraints": {"min": -1, "max": 0.5}}}),
    )
    assert change.pointer == "/op_type/Tanh/encoding_constraints"
    assert change.values == ({"min": -1, "max": 1}, {"min": -1, "max": 0.5})


def test_a_supergroup_is_added_and_removed_where_it_stands():
    changes = between(
        base(supergroups=groups("Conv Relu", "Gemm Relu")),
        base(supergroups=groups("Add Relu", "Conv Relu")),
    )
    assert [(x.pointer, x.kind) for x in changes] == [
        ("/supergroups/0", "added"),
        ("/supergroups/1", "removed"),
    ]
    assert [change.id for change in changes] == ["/supergroups/0", "removed:/supergroups/1"]
    added, removed = changes
    assert changes.alone(added).data["supergroups"] == groups("Add Relu", "Conv Relu", "Gemm Relu")
    assert changes.alone(removed).data["supergroups"] == groups("Conv Relu")


def test_a_supergroup_elsewhere_in_the_list_has_moved():
    changes = between(
        base(supergroups=groups("A B", "C D", "E F")), base(supergroups=groups("C D", "E F", "A B"))
    )
    (change,) = changes
    assert (change.kind, change.pointers) == ("moved", ("/supergroups/0", "/supergroups/2"))
    assert changes.alone(change).data == changes.second.data
    assert str(change) == "/supergroups/0 moved to /supergroups/2: A → B"


def test_a_supergroup_that_stands_there_twice_is_counted_twice():
    changes = between(base(supergroups=groups("A B", "A B")), base(supergroups=groups("A B")))
    (change,) = changes
    assert change.kind == "removed"
    assert changes.all_but(change).data["supergroups"] == groups("A B", "A B")


def test_the_pass_list_has_changes_of_its_own():
    (change,) = between(base(), base(supergroup_pass_list=["MatmulAdd"]))
    assert (change.pointer, change.kind) == ("/supergroup_pass_list/0", "added")


def test_alone_keeps_the_hand_of_the_first_document_and_all_but_that_of_the_second():
    text = '{ "defaults" : {"ops": {}},\n  "params" : {},  "op_type": {"Conv": {}} }'
    first, second = Document(text), Document(text.replace('"Conv": {}', '"Conv": {"x": "1"}'))
    changes = RuleChanges(first, second)
    (change,) = changes
    assert changes.alone(change).text.startswith('{ "defaults" : {"ops": {}},\n  "params" : {},  ')
    assert changes.all_but(change).data == first.data


def test_the_patch_of_a_change_makes_it_alone():
    import jsonpatch

    changes = RuleChanges(PRESETS["aimet_default"], PRESETS["tflite_int8"])
    for change in changes:
        patched = jsonpatch.apply_patch(changes.first.data, list(changes.patch(change)))
        assert patched == changes.alone(change).data


def test_every_change_has_an_identity_of_its_own():
    for second in PRESETS:
        identities = [change.id for change in RuleChanges(PRESETS["qnn_htp"], PRESETS[second])]
        assert len(set(identities)) == len(identities)
