"""Findings come with a place, and the changes that they offer do what they promise."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from support.config_strategies import VALID_CONFIGS, mutated_configs

from quantsim_viz.config import load_config
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.config.load import load_document

if TYPE_CHECKING:
    from quantsim_viz.config.rules import Config


def load(value: Any) -> Config:
    """Read a value; infinity is written as a number that no double holds."""
    return load_config(text=json.dumps(value, indent=1).replace("Infinity", "1e999"))


def count_findings(config: Config) -> Counter[str]:
    return Counter(finding.code for finding in config.diagnostics)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(VALID_CONFIGS)
def test_a_valid_configuration_has_rules_and_no_errors(value: dict[str, Any]) -> None:
    config = load(value)
    assert config.errors == ()
    assert config.error_summary is None
    assert config.rules is not None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(VALID_CONFIGS)
def test_every_rule_stands_where_it_says(value: dict[str, Any]) -> None:
    config = load(value)
    assert config.rules is not None
    lines = config.document.text.split("\n")
    rules = list(config.rules)
    assert len({rule.pointer for rule in rules}) == len(rules)
    assert [rule.line for rule in rules] == sorted(rule.line for rule in rules)
    for rule in rules:
        key = rule.pointer.rpartition("/")[2]
        found = lines[rule.line - 1][rule.column - 1 :]
        assert found.startswith(f'"{key}"' if not key.isdigit() else ("{", '"'))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(mutated_configs())
def test_a_fix_removes_the_finding_that_offers_it(value: Any) -> None:
    config = load(value)
    before = count_findings(config)
    for finding in config.diagnostics:
        if finding.fix is None:
            continue
        fixed = load_document(apply_patch(config.document, finding.fix.patch), name="fixed")
        assert count_findings(fixed)[finding.code] < before[finding.code], finding


@settings(max_examples=300, deadline=None, derandomize=True)
@given(mutated_configs())
def test_every_finding_has_a_place_and_words_that_can_be_printed(value: Any) -> None:
    config = load(value)
    assert (config.rules is None) == bool(config.errors)
    for finding in config.diagnostics:
        assert finding.line is not None
        assert finding.column is not None
        assert finding.message.isprintable()
        assert finding.message.endswith((".", "?"))
        assert finding.fix is None or finding.fix.title.isprintable()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(mutated_configs())
def test_what_is_found_does_not_depend_on_the_order_of_keys(value: Any) -> None:
    def reverse(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: reverse(child) for key, child in reversed(item.items())}
        return [reverse(child) for child in item] if isinstance(item, list) else item

    one, other = load(value), load(reverse(value))
    assert {(f.code, f.rule) for f in one.errors} == {(f.code, f.rule) for f in other.errors}
