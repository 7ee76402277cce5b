"""The dictionary and the gaps: a tiny table profiled by hand, small groups held back, analyses switched off."""

import ibis
import pandas as pd
import pytest

from insights import contract, dictionary, gaps, params, paths
from insights.dictionary import changes, page, shapes
from insights.dictionary.values import VALUE_COLUMNS

NOON = pd.Timestamp("2025-05-01 12:00")
DAY = pd.Timedelta(days=1)
SMALLEST = params.load("sample").privacy.smallest_group


def table(name, frame):
    """Return a table of the contract, in the columns that a frame has."""
    return ibis.memtable(frame, schema=contract.schema(name, list(frame.columns)))


def views(*seconds, kinds=None):
    """Return page views that lasted so long, a day apart."""
    at = [NOON + i * DAY for i in range(len(seconds))]
    frame = pd.DataFrame({"learner_id": "L1", "viewed_at": at, "recorded_at": at, "page_type": kinds or "home"})
    frame["views"] = 1
    frame["url"] = None
    frame["seconds"] = pd.array(seconds, dtype="Int32")
    return table("page_views", frame)


@pytest.fixture(scope="module")
def described():
    """Return the description of five page views and nothing else, by table and column."""
    kinds = ["home", "home", "blog", "nowhere", "lesson"]
    profile = dictionary.profile({"page_views": views(10, None, 90_000, -1, 30, kinds=kinds)})
    return profile.set_index(["table", "column"])


def test_every_column_of_the_contract_is_described_whether_it_is_here_or_not(described):
    assert list(described.index) == [(t, c) for t in contract.TABLES for c in contract.columns(t)]


def test_a_column_is_counted_by_hand(described):
    seconds = described.loc[("page_views", "seconds")]
    assert seconds[["status", "rows", "violations"]].tolist() == ["here", 5, 2]
    assert seconds["missing"] == pytest.approx(0.2)
    assert abs(seconds["distinct"] - 4) <= 1  # approximate, as is said
    assert (seconds["least"], seconds["greatest"]) == ("-1", "90000")


def test_no_column_has_more_different_values_than_values():
    people = pd.DataFrame({"learner_id": [f"L{i}" for i in range(5_000)], "registered_at": NOON, "recorded_at": NOON})
    found = dictionary.profile({"learners": table("learners", people)}).set_index(["table", "column"])
    assert 4_000 < found.loc[("learners", "learner_id"), "distinct"] <= 5_000


def test_values_outside_the_list_are_violations(described):
    assert described.loc[("page_views", "page_type"), "violations"] == 1


def test_a_missing_value_where_none_may_be_is_a_violation():
    posts = {"post_id": ["S1", "S2"], "network": ["linkedin", None], "posted_at": NOON, "recorded_at": NOON}
    found = dictionary.profile({"social_posts": table("social_posts", pd.DataFrame(posts))})
    assert found.set_index(["table", "column"]).loc[("social_posts", "network"), "violations"] == 1


def test_times_are_shown_by_their_first_and_last_day_and_texts_and_people_are_not(described):
    assert described.loc[("page_views", "viewed_at"), ["least", "greatest"]].tolist() == [
        "2025-05-01", "2025-05-05",
    ]  # fmt: skip
    for column in ("learner_id", "page_type"):
        assert described.loc[("page_views", column), ["least", "greatest"]].isna().all()


def test_a_protected_number_shows_no_extremes():
    frame = pd.DataFrame({"learner_id": ["L1"], "declared_at": NOON, "recorded_at": NOON, "birth_year": [1990]})
    found = dictionary.profile({"protected": table("protected", frame)}).set_index(["table", "column"])
    assert found.loc[("protected", "birth_year"), ["rows", "distinct"]].tolist() == [1, 1]
    assert found.loc[("protected", "birth_year"), ["least", "greatest"]].isna().all()


@pytest.mark.parametrize(
    ("table_name", "column", "status"),
    [
        ("page_views", "seconds", "here"), ("page_views", "url", "empty"), ("page_views", "referrer", "absent"),
        ("enrollments", "amount", "no table"),
    ],
)  # fmt: skip
def test_the_status_tells_what_is_here_from_what_is_empty_absent_or_without_its_table(
    described, table_name, column, status
):
    assert described.loc[(table_name, column), "status"] == status


def test_a_column_that_collection_drops_is_removed_and_no_gap():
    people = pd.DataFrame({"learner_id": ["L1"], "registered_at": NOON, "recorded_at": NOON})
    profile = dictionary.profile({"learners": table("learners", people)})
    status = profile.set_index(["table", "column"])["status"]
    assert status[("learners", "email")] == status[("learners", "name")] == "removed"
    assert "learners.email" not in set(registered(profile.assign(owner=""))["gap"])


def test_an_empty_table_is_described_without_dividing_by_nothing():
    empty = dictionary.profile({"page_views": views(1).limit(0)}).set_index(["table", "column"])
    assert empty.loc[("page_views", "seconds"), "status"] == "empty"
    assert pd.isna(empty.loc[("page_views", "seconds"), "missing"])


def test_a_table_is_summed_up_by_what_a_row_is_how_many_and_from_when_to_when():
    found = dictionary.summary({"page_views": views(1, 2, 3)}).set_index("table")
    row = found.loc["page_views"]
    assert row["a_row_is"].startswith("A page view")
    assert row[["rows", "first", "last", "status"]].tolist() == [3, NOON, NOON + 2 * DAY, "collected"]
    assert found.loc["products", ["rows", "status"]].tolist() == [0, "not in this source"]
    assert list(found.index) == list(contract.TABLES)


def people(**countries):
    """Return learners, so many of each country; some of no known country."""
    names = [name for name, number in countries.items() for _ in range(number)]
    frame = pd.DataFrame(
        {"learner_id": [f"L{i}" for i in range(len(names))], "registered_at": NOON, "recorded_at": NOON}
    )
    return table("learners", frame.assign(country=[None if name == "unknown" else name for name in names]))


def values(learners):
    return dictionary.common_values({"learners": learners}, params.load("sample"))


def test_a_value_that_too_few_people_share_is_not_shown():
    found = values(people(India=SMALLEST, Kenya=SMALLEST - 1, unknown=1))
    assert found["value"].tolist() == ["India"]
    assert found["rows"].tolist() == [SMALLEST]
    assert found["share"].tolist() == [SMALLEST / (2 * SMALLEST)]


def test_a_value_that_one_person_left_many_times_is_not_shown():
    at = [NOON + i * DAY for i in range(3 * SMALLEST)]
    one, many = ["L1"] * len(at), [f"L{i}" for i in range(len(at))]
    frame = pd.DataFrame({"viewed_at": at * 2, "recorded_at": at * 2, "page_type": "home", "views": 1})
    frame = frame.assign(learner_id=one + many, referrer=["her own site"] * len(at) + ["search"] * len(at))
    found = dictionary.common_values({"page_views": table("page_views", frame)}, params.load("sample"))
    assert found.loc[found["column"] == "referrer", "value"].tolist() == ["search"]


def test_at_most_five_values_of_a_column_are_shown_the_most_common_first():
    found = values(people(**{name: SMALLEST + i for i, name in enumerate("abcdefg")}))
    assert found["value"].tolist() == list("gfedc")


def test_identifiers_free_text_and_protected_values_are_never_listed():
    n = 3 * SMALLEST
    posts = pd.DataFrame(
        {
            "post_id": "S1", "network": "linkedin", "posted_at": NOON, "recorded_at": NOON, "text": "the same",
            "product_id": "P1",
        }, index=range(n),
    )  # fmt: skip
    declared = pd.DataFrame(
        {"learner_id": "L1", "declared_at": NOON, "recorded_at": NOON, "gender": "woman"}, index=range(n)
    )
    tables = {"social_posts": table("social_posts", posts), "protected": table("protected", declared)}
    tables["learners"] = people(India=n)
    found = dictionary.common_values(tables, params.load("sample"))
    assert set(zip(found["table"], found["column"], strict=True)) == {
        ("social_posts", "network"),
        ("learners", "country"),
    }


def titled(**titles):
    """Return learners, so many of each job title."""
    names = [title for title, number in titles.items() for _ in range(number)]
    frame = pd.DataFrame(
        {"learner_id": [f"L{i}" for i in range(len(names))], "registered_at": NOON, "recorded_at": NOON}
    )
    return table("learners", frame.assign(job_title=names))


def test_odd_words_are_those_with_markup_or_scrubbed_however_rare_beside_the_common_ones():
    common = {f"Engineer {i}": 5 * SMALLEST for i in range(6)}
    odd = {"<b>CEO</b>": SMALLEST, "ask [e-mail]": SMALLEST + 1, "<i>too few</i>": SMALLEST - 1}
    learners = titled(**common, **odd)
    found = dictionary.odd_values({"learners": learners}, params.load("sample"))
    assert found[["column", "value", "rows"]].to_numpy().tolist() == [
        ["job_title", "ask [e-mail]", SMALLEST + 1], ["job_title", "<b>CEO</b>", SMALLEST],
    ]  # fmt: skip
    everybody = 30 * SMALLEST + 3 * SMALLEST
    assert found["share"].tolist() == [(SMALLEST + 1) / everybody, SMALLEST / everybody]


def test_a_source_without_odd_words_shows_none():
    found = dictionary.odd_values({"learners": titled(Engineer=SMALLEST)}, params.load("sample"))
    assert found.empty and found.columns.tolist() == VALUE_COLUMNS


def test_the_posts_shown_are_those_with_markup_then_scrubbed_ones_then_the_newest_each_wording_once():
    texts = ["plain old", "a <script>", None, "thanks to [name]", "thanks to [name]", "plain new"]
    posts = pd.DataFrame({"post_id": [f"S{i}" for i in range(6)], "network": "linkedin"})
    posts["posted_at"] = posts["recorded_at"] = [NOON + i * DAY for i in range(6)]
    found = dictionary.example_posts({"social_posts": table("social_posts", posts.assign(text=texts))}, most=3)
    assert found["text"].tolist() == ["a <script>", "thanks to [name]", "plain new"]
    assert found["posted_at"].tolist()[1] == NOON + 4 * DAY


def test_a_source_without_posts_shows_none():
    found = dictionary.example_posts({})
    assert found.columns.tolist() == ["network", "posted_at", "text"] and found.empty


def test_the_simulated_company_breaks_no_rule_of_the_contract_once_cleaned(company):
    found = dictionary.profile(company.tables)
    here = found[found["status"] == "here"]
    assert len(here) > 80
    assert here.loc[here["violations"] > 0, ["table", "column"]].to_numpy().tolist() == []


# Gaps: which analysis needs what.


def whole():
    """Return the description of a source that has everything."""
    rows = [
        (t, c.name, c.source, c.blank, c.filled_from) for t in contract.TABLES for c in contract.columns(t).values()
    ]
    columns = pd.DataFrame(rows, columns=["table", "column", "source", "blank", "filled_from"])
    return columns.assign(status="here", meaning="a meaning", owner="a team", missing=0.0, distinct=100)


def covered(*but):
    """Return rows in every month of the sample window for every table, but for some (table, month)."""
    months = [f"2025-{month:02d}" for month in range(1, 13)]
    kept = [(t, m, 5) for t in contract.TABLES for m in months if (t, m) not in but]
    return pd.DataFrame(kept, columns=["table", "month", "rows"])


def registered(profile, coverage=None):
    """Return the register of the sample window."""
    return gaps.register(profile, covered() if coverage is None else coverage, params.load("sample"))


def without(*gone, status="absent"):
    """Return the description of a source that lacks some columns or whole tables."""
    profile = whole()
    for name in gone:
        owner, _, column = name.partition(".")
        lost = (profile["table"] == owner) & ((profile["column"] == column) | (column == ""))
        assert lost.any()
        profile.loc[lost, "status"] = status if column else "no table"
    return profile


def test_what_an_analysis_needs_is_in_the_contract():
    for analysis, needs in gaps.NEEDS.items():
        for owner, columns in needs.items():
            assert set(columns) <= set(contract.collected(owner)), analysis


@pytest.mark.parametrize("analysis", list(gaps.NEEDS))
def test_a_source_with_everything_supports_every_analysis(analysis):
    assert gaps.missing_for(analysis, whole()) == []


@pytest.mark.parametrize(
    ("analysis", "need"), [(a, f"{t}.{c}") for a, needs in gaps.NEEDS.items() for t, cs in needs.items() for c in cs]
)
@pytest.mark.parametrize("status", ["absent", "empty"])
def test_an_analysis_misses_each_column_it_needs_and_no_other(analysis, need, status):
    assert gaps.missing_for(analysis, without(need, status=status)) == [need]


@pytest.mark.parametrize(("analysis", "owner"), [(a, t) for a, needs in gaps.NEEDS.items() for t in needs])
def test_an_analysis_without_a_table_misses_the_table_and_not_its_columns(analysis, owner):
    assert gaps.missing_for(analysis, without(owner)) == [owner]


def test_a_plan_is_needed_only_where_the_hurdle_is_the_plan():
    profile = without("products.monthly_hurdle")
    assert gaps.missing_for_model("launch", "plan", profile) == ["products.monthly_hurdle"]
    assert gaps.missing_for_model("launch", "past", profile) == []
    assert gaps.missing_for_model("completion", "plan", profile) == []


def test_the_register_lists_each_gap_once_and_first_what_switches_something_off():
    found = registered(without("social_posts", "products.monthly_hurdle", "learners.city"))
    assert found["gap"].tolist() == ["products.monthly_hurdle", "social_posts", "learners.city"]
    assert found["switches_off"].tolist() == ["launch by plan, launch of new products", "social view", ""]
    assert found["meaning"].tolist() == ["a meaning", "the whole table", "a meaning"]
    assert found["kind"].tolist() == ["no column", "no table", "no column"]
    assert set(found["status"]) == {"open"} and set(found["owner"]) == {"a team"}
    assert (found["how"] != "").all()


def test_a_source_with_everything_has_no_gaps():
    assert registered(whole()).empty


def emptied(table_name, column, missing):
    profile = whole()
    profile.loc[(profile["table"] == table_name) & (profile["column"] == column), "missing"] = missing
    return profile


def test_a_column_that_few_rows_fill_is_a_gap_unless_a_blank_tells_something():
    thin = registered(emptied("social_posts", "text", 0.76))
    assert thin[["gap", "kind", "weakens"]].values.tolist() == [["social_posts.text", "few values", "social view"]]
    assert thin["filled"].iloc[0] == pytest.approx(0.24)
    assert registered(emptied("social_posts", "text", 0.75)).empty
    assert registered(emptied("enrollments", "completed_at", 0.99)).empty


def test_months_of_the_window_without_a_record_are_a_gap():
    found = registered(whole(), covered(("panel_votes", "2025-03"), ("panel_votes", "2025-04")))
    assert found[["gap", "kind", "months"]].values.tolist() == [
        ["panel_votes", "months without a record", "10 of 12"]
    ]
    assert registered(whole(), covered(("learners", "2025-03"))).empty


def test_how_many_people_a_table_knows_is_told():
    profile = emptied("survey_responses", "intent", 0.9)
    survey = (profile["table"] == "survey_responses") & (profile["column"] == "learner_id")
    profile.loc[survey, "distinct"] = 25
    assert registered(profile)["people"].iloc[0] == pytest.approx(0.25)


@pytest.mark.parametrize(("column", "told_by"), [("country", "city"), ("job_family", "job_title")])
def test_a_gap_that_cleaning_fills_from_a_column_that_is_there_is_closed(column, told_by):
    found = registered(without(f"learners.{column}")).set_index("gap")
    assert found.loc[f"learners.{column}", "status"] == f"closed by cleaning, from learners.{told_by}"
    neither = registered(without(f"learners.{column}", f"learners.{told_by}")).set_index("gap")
    assert neither.loc[f"learners.{column}", "status"] == "open"


def test_a_gap_is_worth_what_the_features_of_its_table_add_and_a_closed_one_nothing():
    register = registered(without("survey_responses.intent", "learners.country", "page_views.url"))
    sources = pd.DataFrame(
        [
            ["survey_responses", "launch", "launch", "family survey", 0.1, 0.0, 0.2, "cannot tell"],
            ["survey_responses", "launch", "launch", "family other", 0.3, 0.2, 0.4, "earns its place"],
        ],
        columns=["table", "model", "rows", "group", "adds", "low", "high", "verdict"],
    )
    found = gaps.worth(register, sources).set_index("gap")
    assert found.loc["survey_responses.intent", ["group", "adds"]].tolist() == ["family other", 0.3]
    assert found.loc["page_views.url", "verdict"].startswith("not measured")
    assert "learners.country" not in found.index


ENTRY = """
- {source: simulation, gap: learners.city, status: requested, since: 2026-01-02, owner: Ann's team, how: ask}
"""


@pytest.fixture
def entry(tmp_path, monkeypatch):
    """Let the register hold one entry, or what is given."""
    file = tmp_path / "gaps.yaml"
    monkeypatch.setattr(paths, "gap_register", lambda: file)
    file.write_text(ENTRY)
    return file


def test_what_is_written_down_about_a_gap_is_shown_with_it(entry):
    found = registered(without("learners.city"))
    assert found[["status", "owner", "how", "since"]].values.tolist() == [
        ["requested", "Ann's team", "ask", "2026-01-02"]
    ]


def test_an_entry_closes_by_itself_when_its_gap_is_gone(entry):
    found = registered(whole())
    assert found[["gap", "status"]].values.tolist() == [["learners.city", gaps.CLOSED]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ENTRY.replace("learners.city", "learners.town"), "learners.town is not in the contract"),
        (ENTRY.replace("requested", "perhaps"), "cannot be read: entry 1, status is 'perhaps'"),
        ("a: b", "cannot be read: the file"),
        ("- [", "cannot be read"),
        (ENTRY.replace("how: ask", "status: open"), "cannot be read: status stands twice"),
    ],
)
def test_a_register_that_cannot_be_used_is_one_clear_error(entry, content, said):
    entry.write_text(content)
    with pytest.raises(ValueError, match=said):
        registered(whole())
    with pytest.raises(ValueError, match=said):
        gaps.check_register(params.load("sample"))


# Shapes and changes.


def test_numbers_are_counted_in_steps_of_equal_width():
    found = shapes.measure({"page_views": views(0, 1, 6, 12, 12)}, 1).set_index("column").loc["seconds"]
    assert (found["steps"], found["low"], found["high"]) == (shapes.LINEAR, 0, 12)
    assert found["counts"] == "1,1,0,0,0,0,1,0,0,0,0,2"


def test_numbers_that_crowd_at_the_least_are_counted_in_steps_of_equal_ratio():
    found = shapes.measure({"page_views": views(*range(20), 80_000)}, 1).set_index("column").loc["seconds"]
    assert found["steps"] == shapes.RATIO
    assert sum(int(n) for n in found["counts"].split(",")) == 21


def test_words_that_too_few_share_are_not_counted():
    seen = views(*range(5), kinds=["home", "home", "home", "blog", "lesson"])
    found = shapes.measure({"page_views": seen}, 2).set_index("column").loc["page_type"]
    assert (found["words"], found["counts"]) == ("home", "3")


def test_nothing_that_identifies_is_drawn():
    drawn = set(shapes.measure({"page_views": views(1, 2, 3)}, 1)["column"])
    assert not drawn & {"learner_id", "anonymous_id", "url"}


def test_counts_become_bars_and_nothing_a_dot():
    assert shapes.bars("0,1,4,8") == "·▂▅█"


def test_the_same_records_have_not_shifted_and_others_have():
    now = {"page_views": views(0, 1, 2, 12)}
    spread = shapes.measure(now, 1)
    same, other = shapes.again(spread, now), shapes.again(spread, {"page_views": views(12, 12, 12, 12)})
    place = spread["column"].tolist().index("seconds")
    assert changes.stability(spread["counts"].iloc[place], same[place]) == pytest.approx(0)
    assert changes.stability(spread["counts"].iloc[place], other[place]) > changes.LARGE
    assert shapes.again(spread, {}) == [None] * len(spread)


def test_the_stability_index_by_hand():
    assert changes.stability("3,1", [1, 1]) == pytest.approx(0.25 * 0.4054651 + -0.25 * -0.6931472)
    assert changes.stability("0,0", [1, 1]) is None


# The page of the documentation.


def test_the_page_of_the_dictionary_is_what_the_contract_says():
    told = page.written(params.load(params.newest()).documentation.owners)
    assert (paths.root() / "docs" / "data_dictionary.md").read_text() == told
    assert [c for t in contract.TABLES for c in contract.columns(t) if f"| `{c}` |" not in told] == []


def test_every_source_system_has_an_owner():
    assert set(contract.systems()) == set(params.load("sample").documentation.owners)
