"""Accounts: one person behind several contacts, the company's own, and what an address tells before it is gone."""

import ibis
import pandas as pd
import pytest

from insights.cleaning import accounts
from insights.cleaning.flagged import Flagged
from insights.cleaning.repairs import _second_contact
from insights.collection import contacts

MAY = pd.Timestamp("2025-05-01")
DAY = pd.Timedelta(days=1)


def learners(*rows, columns=("learner_id", "contact_id", "registered_at", "account_kind")):
    frame = pd.DataFrame(list(rows), columns=list(columns))
    types = dict.fromkeys(columns, "string") | {"registered_at": "timestamp(6)"}
    return ibis.memtable(frame, schema=ibis.schema({c: types[c] for c in columns}))


MANY = learners(
    ("b", "k1", MAY + DAY, "person"), ("a", "k1", MAY, "person"), ("c", "k1", MAY + 2 * DAY, "person"),
    ("d", None, MAY, "staff"), ("e", None, MAY, "test"), ("f", "k2", MAY, None),
)  # fmt: skip


def test_the_person_is_the_account_that_was_registered_first():
    found = accounts.second_contacts(MANY).to_pandas().sort_values("account")
    assert found.to_numpy().tolist() == [["b", "a"], ["c", "a"]]


def test_two_registered_at_once_are_told_apart_the_same_way_in_any_order():
    rows = [("y", "k", MAY, None), ("x", "k", MAY, None)]
    for order in (rows, rows[::-1]):
        assert accounts.second_contacts(learners(*order)).to_pandas().to_numpy().tolist() == [["y", "x"]]


def test_own_accounts_are_staff_and_tests():
    assert sorted(accounts.own(MANY).to_pandas()["account"]) == ["d", "e"]


def test_a_source_that_tells_neither_has_neither():
    plain = learners(("a", MAY), columns=("learner_id", "registered_at"))
    assert accounts.second_contacts(plain) is None and accounts.own(plain) is None
    tables = Flagged(ibis.duckdb.connect(), {"learners": plain})
    assert _second_contact("page_views", plain, tables) is None


def test_records_of_a_second_contact_go_to_the_person_and_the_contact_is_set_aside():
    seen = ibis.memtable(pd.DataFrame({"learner_id": ["a", "b", "d", None, "stranger"]}))
    wide, values = _second_contact("page_views", seen, Flagged(None, {"learners": MANY, "page_views": seen}))
    found = wide.select(was=wide.learner_id, now=values["learner_id"]).to_pandas()
    now = dict(found.dropna(subset="was").to_numpy().tolist())
    assert now == {"a": "a", "b": "a", "d": "d", "stranger": "stranger"} and found["now"].isna().sum() == 1


def described(email, own=("academy.example",)):
    table = ibis.memtable(pd.DataFrame({"email": pd.array([email], dtype="str")}))
    return contacts.described(table, own).to_pandas().iloc[0][["contact_id", "account_kind"]].tolist()


@pytest.mark.parametrize(
    "written", ["ann.lee@x.example", "ANN.LEE@X.EXAMPLE", " Ann.Lee@x.example ", "ann.lee+courses@x.example"]
)
def test_one_mailbox_is_one_contact_however_it_is_written(written):
    assert described(written) == ["ann.lee@x.example", "person"]


@pytest.mark.parametrize(
    ("email", "told"),
    [
        ("a.b@gmail.com", ["ab@gmail.com", "person"]), ("a.b@academy.example", ["a.b@academy.example", "staff"]),
        ("test12@academy.example", ["test12@academy.example", "test"]),
        ("testa@x.example", ["testa@x.example", "person"]),
    ],
)  # fmt: skip
def test_dots_count_where_they_count_and_own_domains_are_the_companys(email, told):
    assert described(email) == told


@pytest.mark.parametrize("email", [None, "", "nobody", "@x.example", "+tag@x.example"])
def test_what_is_no_address_makes_nobody_the_same(email):
    assert pd.isna(described(email)[0])


def test_what_a_source_says_itself_stays():
    table = ibis.memtable(pd.DataFrame({"email": ["a@x.example"], "account_kind": ["staff"]}))
    assert contacts.described(table, []).to_pandas()["account_kind"].tolist() == ["staff"]
