import datetime
import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.display import wording

SPACE = "\u00a0"
ANY_NUMBER = st.one_of(st.integers(-(10**12), 10**12), st.floats(-1e12, 1e12))


def plain(text):
    return str(text).replace(SPACE, " ")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12408, "12,408"), (np.int64(3), "3"), (0.7123, "0.712"), (1.0, "1.000"), (1.25, "1.25"), (0.0571, "0.057"),
        (0.00571, "0.00571"),
        (-3.1, "−3.10"), (1234.5, "1,234"), (Decimal("12.50"), "12.5"), (0.0, "0.000"), (1e-9, "below 0.000001"),
        (None, "not known"), (math.nan, "not known"), (pd.NA, "not known"), (math.inf, "infinite"),
    ],
)  # fmt: skip
def test_a_number_shows_three_decimals_below_one_and_three_significant_digits_elsewhere(value, text):
    assert wording.number(value) == text


def test_a_negative_number_that_rounds_to_nothing_has_no_sign():
    assert wording.number(-0.0001, 2) == "0.00"


@given(ANY_NUMBER)
def test_a_number_as_text_can_be_read_back(value):
    text = wording.number(value).replace(",", "").replace("−", "-")
    coarse = 5.1e-4 if 0.01 <= abs(value) <= 1 else 5.1e-7
    if "0.000001" not in text:
        assert float(text) == pytest.approx(value, rel=0.0051, abs=coarse)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.4123, "41.2 %"), (0, "0.0 %"), (1, "100.0 %"), (0.0001, "below 0.1 %"), (0.9999, "above 99.9 %"),
        (-0.031, "−3.1 %"), (None, "not known"),
    ],
)  # fmt: skip
def test_a_share_reads_as_a_percentage(value, text):
    assert plain(wording.share(value)) == text


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_what_is_not_quite_nothing_or_everything_never_reads_so(value):
    assert plain(wording.share(value)) not in ("0.0 %", "100.0 %")


def test_an_interval_uses_the_same_decimals_for_value_and_bounds():
    assert plain(wording.interval(0.0571, 0.004, 1.2)) == "0.06 (95 % interval 0.00 to 1.20)"
    assert plain(wording.interval(0.412, 0.38, 0.441, "share")) == "41.2 % (95 % interval 38.0 % to 44.1 %)"
    assert plain(wording.interval(990, 900, 2000, "money")) == "USD 990 (95 % interval USD 900 to USD 2,000)"


def test_a_difference_of_shares_is_told_in_points_and_not_as_a_share():
    assert wording.points(0.0412).replace("\N{NO-BREAK SPACE}", " ") == "4.1 percentage points"
    assert wording.points(None) == wording.NOT_KNOWN
    told = wording.interval(-0.02, -0.05, 0.01, kind="points").replace("\N{NO-BREAK SPACE}", " ")
    assert told == "\N{MINUS SIGN}2.0 percentage points (95 % interval \N{MINUS SIGN}5.0 to 1.0)"


def test_an_interval_without_bounds_says_so():
    assert wording.interval(0.7, None, math.nan) == "0.700 (no interval)"


def test_an_unknown_kind_of_interval_is_an_error():
    with pytest.raises(ValueError, match="'percent'"):
        wording.interval(1, 0, 2, "percent")


@pytest.mark.parametrize(
    ("n", "noun", "text"),
    [(0, "row", "no rows"), (1, "row", "1 row"), (12408, "row", "12,408 rows"), (2, "company", "2 companies"),
     (2, "survey", "2 surveys"), (2, "class", "2 classes")],
)  # fmt: skip
def test_a_count_agrees_with_its_noun(n, noun, text):
    assert plain(wording.count(n, noun)) == text


def test_cents_are_shown_below_a_thousand_only():
    assert plain(wording.money(Decimal("12.5"))) == "USD 12.50"
    assert plain(wording.money(-1234567.8)) == "USD −1,234,568"


@pytest.mark.parametrize(
    "day",
    [datetime.date(2025, 10, 1), datetime.datetime(2025, 10, 1, 5), pd.Timestamp("2025-10-01"), "2025-10-01",
     np.datetime64("2025-10-01")],
)  # fmt: skip
def test_a_day_is_written_the_same_whatever_its_type(day):
    assert plain(wording.date(day)) == "1 October 2025"


def test_a_day_that_is_missing_is_not_known():
    assert wording.date(pd.NaT) == wording.date(None) == "not known"


def test_a_p_value_is_never_zero():
    assert plain(wording.p_value(0.0)) == "p < 0.001"
    assert plain(wording.p_value(0.0312)) == "p = 0.031"
    assert plain(wording.p_value(0.5)) == "p = 0.50"
    assert plain(wording.p_value(None)) == "p not known"


def test_a_list_that_was_cut_says_how_many_are_left_out():
    assert wording.listing([]) == "none"
    assert wording.listing(["a"]) == "a"
    assert wording.listing(["a", "b", "c"]) == "a, b and c"
    assert wording.listing("abcdef", most=2) == "a, b and 4 more"


def test_inserted_text_is_shown_as_text():
    said = wording.say("Title: {title}.", title="<script>alert(1)</script> **x** {y}")
    expected = "<p>Title: &lt;script&gt;alert(1)&lt;/script&gt; **x** {y}.</p>"
    assert said._repr_html_() == expected
    assert str(said) == "Title: <script>alert(1)</script> **x** {y}."


def test_the_template_may_be_bold_and_have_paragraphs_but_holds_no_markup():
    said = wording.say("Of **{n}** rows & <b>.\n\nNext.", n=12408)
    assert said.markup == "<p>Of <strong>12,408</strong> rows &amp; &lt;b&gt;.</p>\n<p>Next.</p>"
    assert str(said) == "Of 12,408 rows & <b>.\n\nNext."


def test_a_place_without_value_and_a_value_without_place_are_errors():
    with pytest.raises(ValueError, match="no value for n"):
        wording.say("{n} rows")
    with pytest.raises(ValueError, match="no place for m"):
        wording.say("rows", m=1)


def test_sentences_become_paragraphs_or_bullets():
    both = wording.say("A.") + wording.say("B.")
    assert both.markup == "<p>A.</p>\n<p>B.</p>"
    listed = wording.bullets(wording.say("**A**."), "b < c")
    assert listed.markup == "<ul>\n<li><strong>A</strong>.</li>\n<li>b &lt; c</li>\n</ul>"
    assert str(listed) == "- A.\n- b < c"
