"""Scoring: files of candidates as people write them, rows that are refused, and answers for a spreadsheet."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from micro import brisk, window

from insights import spreadsheets
from insights.features import build
from insights.modeling import learned
from insights.modeling.dataset import from_frame
from insights.modeling.explanation import signals
from insights.scoring import CandidateError, read, scorer

PARAMS = window("sample")
GOOD = {"product_id": "N1", "title": "New", "topic": "Agents", "price": "49.99", "monthly_hurdle": "80"}


def written(tmp_path, *rows, header=None):
    file = tmp_path / "candidates.csv"
    header = header or list(GOOD)
    with file.open("w", newline="", encoding="utf-8") as lines:
        table = csv.DictWriter(lines, header)
        table.writeheader()
        table.writerows(rows)
    return file


def reasons(tmp_path, *rows, **keywords):
    kept, refused = read.candidates(written(tmp_path, *rows, **keywords), {"P1"}, PARAMS)
    return kept["product_id"].tolist(), refused["reasons"].tolist()


def test_a_row_that_is_whole_is_read_with_its_types(tmp_path):
    kept, refused = read.candidates(written(tmp_path, GOOD), set(), PARAMS)
    row = kept.iloc[0]
    assert refused.empty and (row["price"], row["monthly_hurdle"], row["family"]) == (49.99, 80.0, "N1")
    assert pd.Timestamp(row["announced_at"]) == pd.Timestamp("2025-12-31") and np.isnan(row["margin"])


BROKEN = {
    "price": ({"price": "cheap"}, "price 'cheap' is no number"),
    "negative": ({"price": "-1"}, "price '-1' does not lie between 0"),
    "not a number": ({"price": "nan"}, "price 'nan' does not lie"),
    "infinite": ({"monthly_hurdle": "inf"}, "monthly_hurdle 'inf' does not lie"),
    "no hurdle": ({"monthly_hurdle": "0"}, "monthly_hurdle '0' does not lie"),
    "empty": ({"title": "  "}, "title is empty"),
    "known": ({"product_id": "P1"}, "P1 is a product of the catalogue already"),
    "margin": ({"margin": "70"}, "margin '70' does not lie between 0 and 1"),
    "level": ({"level": "expert"}, "level 'expert' is none of"),
    "no day": ({"announced_at": "31.12.2025"}, "is no day such as"),
    "later": ({"announced_at": "2026-01-01"}, "does not lie between 2000 and 2026-01-01"),
    "long": ({"title": "x" * 5_001}, "title has more than 5,000 letters"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_refused_with_its_reason_and_the_others_go_on(tmp_path, case):
    change, message = BROKEN[case]
    header = [*GOOD, "margin", "level", "announced_at"]
    kept, told = reasons(tmp_path, GOOD | change, GOOD | {"product_id": "N2"}, header=header)
    assert kept == ["N2"] and message in told[0]


def test_all_that_is_wrong_with_a_row_is_told_at_once(tmp_path):
    _, [told] = reasons(tmp_path, GOOD | {"price": "cheap", "title": "", "topic": ""})
    assert told.count(";") == 2


def test_lines_with_the_same_product_are_all_refused(tmp_path):
    kept, told = reasons(tmp_path, GOOD, GOOD | {"title": "Other"}, GOOD | {"product_id": "N2"})
    assert kept == ["N2"] and told == ["product_id N1 stands in 2 lines"] * 2


def test_a_line_with_too_few_cells_is_refused_and_named_by_its_number(tmp_path):
    file = written(tmp_path, GOOD)
    file.write_text(file.read_text() + "\nN2,Short\n\n")
    _, refused = read.candidates(file, set(), PARAMS)
    assert refused["line"].tolist() == [4] and "more or fewer cells" in refused["reasons"].iloc[0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no column product_id"),
        (b"product_id,title\n", "no column topic, price, monthly_hurdle"),
        (b"product_id;title;topic;price;monthly_hurdle\n", "not separated by commas"),
        (b"product_id,title,topic,price,monthly_hurdle\n", "no row below its header"),
        (b"product_id,title,topic,price,monthly_hurdle,title\nA,B,C,1,1,B\n", "column title stands twice"),
        (b"product_id,title,topic,price,monthly_hurdle,lauch_cost\nA,B,C,1,1,x\n", "Is launch_cost meant"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"product_id,title,topic,price,monthly_hurdle\nA\0,B,C,1,1\n", "zero byte"),
        (b'product_id,title,topic,price,monthly_hurdle\nA,"B" c,C,1,1\n', "line 2"),
        (b"x" * 5_000_001, "5,000,000 bytes"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(tmp_path, content, message):
    file = tmp_path / "candidates.csv"
    file.write_bytes(content)
    with pytest.raises(CandidateError, match=message):
        read.candidates(file, set(), PARAMS)


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path):
    for place in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CandidateError, match=r"cannot be read|no file"):
            read.candidates(place, set(), PARAMS)


@given(content=st.binary(max_size=400))
@brisk
def test_whatever_bytes_a_file_holds_it_is_read_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("any") / "candidates.csv"
    file.write_bytes(content)
    with pytest.raises(CandidateError):
        read.candidates(file, set(), PARAMS)


CELLS = st.text(max_size=30)


@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(GOOD, CELLS)), min_size=1, max_size=4))
@brisk
def test_each_row_is_either_kept_or_refused_with_a_reason(tmp_path_factory, rows):
    rows = [{name: value.replace("\0", "").replace("\r", "") for name, value in row.items()} for row in rows]
    file = written(tmp_path_factory.mktemp("rows"), *rows, GOOD)
    kept, refused = read.candidates(file, set(), PARAMS)
    there = sum(any(value.strip() for value in row.values()) for row in [*rows, GOOD])
    assert len(kept) + len(refused) == there and (refused["reasons"] != "").all()


@given(value=st.text(max_size=20))
@brisk
def test_no_text_is_written_as_a_formula(value):
    table = pd.DataFrame({"title": [value], "probability": [-0.5]})
    text = spreadsheets.as_csv(table).decode("utf-8-sig")
    [_, row] = [*csv.reader(io.StringIO(text, newline=""))][:2]
    assert not row[0].lstrip(" ").startswith(spreadsheets.DANGEROUS)
    assert (
        row[0].removeprefix("'").replace("\r\n", "\n") in (value.replace("\r\n", "\n"), value[1:]) or row[0] == value
    )
    assert row[1] == "-0.5"


def test_formulas_are_quoted_and_other_text_is_left():
    told = [spreadsheets.text(one) for one in ('=HYPERLINK("x")', "+1", "-2", "@a", " =1", "A = b", None, np.nan, "")]
    assert told == ['\'=HYPERLINK("x")', "'+1", "'-2", "'@a", "' =1", "A = b", "", "", ""]


@pytest.fixture(scope="module")
def launches(company):
    """The launch dataset of the small company, and a model that is fitted on it."""
    _, frame = build.build_launch(company.con, company.tables, company.params)
    dataset = from_frame("launch", frame)
    rows = dataset.train
    return dataset, learned.margin(dataset.features, company.params).fit(rows, rows["y"].to_numpy(dtype=int))


def test_candidates_of_the_catalogue_get_from_a_file_the_features_that_they_have(company, launches):
    """A candidate that is taken out of the catalogue and given by a file has the same plan as before."""
    dataset, _ = launches
    known = company.tables["products"].to_pandas().set_index("product_id")
    name = dataset.candidates["product_id"].iloc[0]
    row = known.loc[[name]].reset_index().reindex(columns=[*read.ASKED, *read.OPTIONAL])
    others = company.tables | {"products": company.tables["products"].filter(lambda t: t.product_id != name)}
    found = scorer.featured(company.con, others, row, company.params).iloc[0]
    before = dataset.candidates.set_index("product_id").loc[name]
    for feature in ("price", "level", "log_hurdle", "rivals", "topic_units_last_month"):
        assert found[feature] == pytest.approx(before[feature], nan_ok=True), feature
    assert found["kind"] == "candidate" and found["as_of"] == pd.Timestamp(company.params.end)


def test_a_candidate_beyond_all_that_was_learned_from_is_warned_of(launches):
    dataset, model = launches
    inside = dataset.train.head(1)
    outside = inside.assign(**{model.features[0]: dataset.train[model.features[0]].max() + 1e6})
    assert scorer.warned(model, inside, dataset.train) == [[]]
    [[told]] = scorer.warned(model, outside, dataset.train)
    assert told == f"{signals.meaning('launch', model.features[0])}: outside of what was learned from"
