"""Anonymity: groups counted by hand, and an export in which nobody is alone."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insights import anonymity

PEOPLE = pd.DataFrame(
    {
        "country": ["Germany"] * 3 + ["France", "Kenya", None],
        "city": ["Berlin", "Berlin", "Köln", "Paris", "Nairobi", None],
        "job_title": [None] * 6,
        "education": ["A"] * 3 + ["A", "B", None],
        "job_family": ["data"] * 3 + ["data", "health", None],
        "seniority": [None] * 6,
    }
)


def test_those_described_alike_are_counted_by_hand():
    assert anonymity.sharing(PEOPLE, ["country", "city"]).tolist() == [2, 2, 1, 1, 1, 1]
    found = anonymity.measure(PEOPLE, ["country", "city"], 2)
    assert found == {"people": 6, "smallest": 1, "below": pytest.approx(4 / 6), "alone": pytest.approx(4 / 6)}


def test_who_has_too_few_alike_is_described_less_closely_and_the_last_too_few_are_left_out():
    found = anonymity.coarsened(PEOPLE, 3)
    assert len(found) == 6
    assert found["country"].tolist() == ["", "", "", "Germany", "Germany", "Germany"]
    assert found.iloc[3].tolist() == ["Germany", "Europe", "data", "", "A"]
    few = anonymity.coarsened(PEOPLE, 4)
    assert few["country"].unique().tolist() == [""]
    assert few.iloc[0].tolist() == ["", "Europe", "data", "", "A"] and len(few) == 4


def test_the_report_compares_what_was_typed_with_what_is_exported():
    found = anonymity.report(PEOPLE, anonymity.coarsened(PEOPLE, 3), 3).set_index("described_by")
    assert found["smallest"].tolist() == [1, 1, 3]
    assert found.loc["as exported", "below"] == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Germany", "France", "Kenya", "Atlantis", None]),
            st.sampled_from(["data", "health", None]),
            st.sampled_from(["senior", None]), st.sampled_from(["A", "B", None]),
        ), max_size=60,
    ), st.integers(1, 12),
)  # fmt: skip
def test_nobody_in_an_export_is_described_as_fewer_than_k_are(rows, k):
    people = pd.DataFrame(rows, columns=["country", "job_family", "seniority", "education"], dtype="object")
    found = anonymity.coarsened(people, k)
    assert len(found) == 0 or anonymity.sharing(found, anonymity.COARSE).min() >= k
    assert len(people) - len(found) < k
