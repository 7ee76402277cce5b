import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from insights.display import tables


def cells(frame, **settings):
    return tables.show(frame, "A caption", **settings).rows


def test_every_cell_and_heading_is_escaped():
    frame = pd.DataFrame({"<i>": ["<script>alert(1)</script>"]})
    markup = tables.show(frame, "A <b>caption</b>")._repr_html_()
    assert "<script>" not in markup and "<i>" not in markup and "<b>" not in markup
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in markup


def test_the_rows_of_a_wide_table_name_their_columns_for_narrow_screens():
    narrow, wide = (pd.DataFrame({f'<"{i}">': ["x"] for i in range(n)}) for n in (3, 4))
    assert '<table class="wide">' in tables.show(wide, "C").grid()
    assert "<table>" in tables.show(narrow, "C").grid() and "data-label" not in tables.show(narrow, "C").grid()
    assert '<td data-label="&lt;&quot;2&quot;&gt;">x</td>' in tables.show(wide, "C").grid()


def test_a_table_that_was_cut_says_so_and_a_whole_one_says_nothing():
    frame = pd.DataFrame({"a": range(1500)})
    assert tables.show(frame, "C", most=3).note.replace("\u00a0", " ") == "Showing 3 of 1,500 rows."
    assert len(tables.show(frame, "C", most=3).rows) == 3
    assert tables.show(frame, "C", most=1499).note != ""
    assert tables.show(frame, "C", most=1500).note == ""


def test_an_empty_table_says_so():
    shown = tables.show(pd.DataFrame({"a": []}), "C")
    assert (shown.rows, shown.note) == ((), "No rows.")


def test_values_stand_beside_each_other_with_their_bounds_in_the_order_they_came():
    frame = pd.DataFrame(
        {
            "model": ["b", "b", "a", "a"], "metric": ["z", "y", "z", "y"], "value": [0.5, 0.25, 0.75, 1.0],
            "low": [0.4, np.nan, 0.7, 0.9], "high": [0.6, np.nan, 0.8, 1.0],
        }
    )  # fmt: skip
    wide = tables.beside(frame, rows="model", columns="metric")
    assert list(wide) == ["model", "z", "y"]
    assert wide.map(lambda text: text.replace("\u00a0", " ")).to_numpy().tolist() == [
        ["b", "0.500 (0.400 to 0.600)", "0.250"],
        ["a", "0.750 (0.700 to 0.800)", "1.000 (0.900 to 1.000)"],
    ]


def test_two_values_for_one_place_are_an_error_and_none_is_dropped():
    frame = pd.DataFrame({"model": "a", "metric": "z", "value": [1, 2], "low": 0, "high": 3})
    with pytest.raises(ValueError, match="duplicate"):
        tables.beside(frame, rows="model", columns="metric")


def test_days_and_hashes_are_written_short_and_other_text_stays():
    frame = pd.DataFrame({"least": ["2025-04-06", "12.5"], "sha256": ["0123456789abcdef", None]})
    shown = cells(frame, formats={"least": "day", "sha256": "hash"})
    assert shown == (("6\u00a0April\u00a02025", "0123456789ab…"), ("12.5", "–"))


def test_a_citation_name_stands_before_the_caption():
    assert tables.cited("table_5_1_performance", "Models") == "Table 5.1 · Models"
    assert tables.cited("figure_10_02", "Models") == "Figure 10.2 · Models"
    assert tables.cited("performance", "Models") == tables.cited(None, "Models") == "Models"


def test_values_are_written_by_their_type():
    frame = pd.DataFrame(
        {
            "whole": [1200, 3], "fraction": [0.5, 0.25], "large": [12.25, 3.0], "yes": [True, False],
            "day": [datetime.date(2025, 10, 1)] * 2, "money": [Decimal("1.5"), Decimal("2")],
        }
    )  # fmt: skip
    assert cells(frame)[0] == ("1,200", "0.500", "12.2", "yes", "1\u00a0October\u00a02025", "1.500")


def test_what_is_missing_is_a_dash_in_any_column():
    frame = pd.DataFrame(
        {"a": [np.nan, 1.0], "b": [None, "x"], "c": pd.to_datetime([None, "2025-01-01"]), "d": [None, Decimal(1)]}
    )
    assert cells(frame)[0] == ("–", "–", "–", "–")


def test_numbers_are_aligned_to_the_right_and_truth_values_are_not():
    frame = pd.DataFrame({"n": [1], "d": [Decimal(1)], "t": ["x"], "b": [True]})
    assert tables.show(frame, "C").numeric == (True, True, False, False)
    assert tables.show(frame, "C")._repr_html_().count('<td class="number"') == 2


def test_a_column_of_numbers_has_one_number_of_decimals():
    assert [row[0] for row in cells(pd.DataFrame({"a": [0.5, 9.25, -0.125]}))] == ["0.500", "9.250", "−0.125"]


def test_columns_formats_and_units_decide_what_is_shown():
    frame = pd.DataFrame({"m": [0.5], "s": [0.25], "p": [0.0001], "x": ["hidden"]})
    shown = tables.show(
        frame, "C", columns={"s": "Share", "m": "Margin", "p": "p"},
        formats={"s": "share", "m": lambda value: f"{value} each", "p": "p"}, units={"m": "USD"},
    )  # fmt: skip
    assert shown.header == ("Share", "Margin, USD", "p")
    assert shown.rows == (("25.0\u00a0%", "0.5 each", "< 0.001"),)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"columns": ["b"]}, "has no column b"),
        ({"units": {"c": "s"}}, "has no column c"),
        ({"formats": {"a": "percent"}}, "'percent'"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_an_error(settings, message):
    with pytest.raises(ValueError, match=message):
        tables.show(pd.DataFrame({"a": [1]}), "C", **settings)


def test_a_caption_is_needed():
    with pytest.raises(ValueError, match="caption"):
        tables.show(pd.DataFrame({"a": [1]}), " ")


def test_the_frame_is_left_unchanged():
    frame = pd.DataFrame({"a": [1.5, None], "b": ["x", "y"]})
    before = frame.copy(deep=True)
    tables.show(frame, "C", most=1)
    pd.testing.assert_frame_equal(frame, before)


def test_a_wide_table_can_be_scrolled_by_keyboard_and_is_named_to_screen_readers():
    markup = tables.show(pd.DataFrame({"a": [1]}), 'A "quoted" caption')._repr_html_()
    assert '<div class="scroll" role="region" tabindex="0" aria-label="A &quot;quoted&quot; caption">' in markup
