from __future__ import annotations

from quantsim_viz.cli.tables import format_table


def test_columns_line_up_and_numbers_stand_on_the_right():
    text = format_table(("name", "dB"), [("conv1", "31.2"), ("fc", "8.0")], ("<", ">"))
    assert text.splitlines() == ["name     dB", "-----  ----", "conv1  31.2", "fc      8.0"]


def test_wide_characters_count_as_two_columns():
    lines = format_table(("名前", "x"), [("ab", "1")]).splitlines()
    assert lines == ["名前  x", "----  -", "ab    1"]


def test_a_table_without_rows_is_its_header():
    assert format_table(("a", "b"), []).splitlines() == ["a  b", "-  -"]
