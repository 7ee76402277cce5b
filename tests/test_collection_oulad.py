"""OULAD: a presentation small enough to work out by hand, and the real one."""

import shutil

import pandas as pd
import pytest
from collecting import HERE, collected, digests, make_project, run, write_window

from insights import params, paths
from insights.collection import CollectionError, check_source
from insights.collection.oulad_terms import NOTES, PAGE_TYPES

# Module XXX: 2013B starts 2013-02-01 and lasts 10 days; 2013J starts 2013-10-01 and lasts 20 days.
TINY = {
    "courses": """code_module,code_presentation,module_presentation_length
XXX,2013B,10
XXX,2013J,20""",
    "studentInfo": """code_module,code_presentation,id_student,gender,region,highest_education,imd_band,age_band,num_of_prev_attempts,studied_credits,disability,final_result
XXX,2013B,11,M,Wales,A Level,?,0-35,0,60,N,Pass
XXX,2013B,12,F,Scotland,A Level,10-20,35-55,1,120,Y,Withdrawn
XXX,2013B,13,F,Scotland,A Level,20-30%,55<=,0,30,N,Fail
XXX,2013J,13,F,Ireland,A Level,30-40%,55<=,1,30,N,Distinction
XXX,2013J,14,F,Ireland,A Level,30-40%,0-35,0,30,N,Withdrawn""",  # noqa: E501
    "studentRegistration": """code_module,code_presentation,id_student,date_registration,date_unregistration
XXX,2013B,11,-5,?
XXX,2013B,12,-400,4
XXX,2013B,13,?,?
XXX,2013J,13,-30,?
XXX,2013J,14,?,-7""",
    "assessments": """code_module,code_presentation,id_assessment,assessment_type,date,weight
XXX,2013B,1,TMA,6,50
XXX,2013B,2,Exam,?,50""",
    "studentAssessment": """id_assessment,id_student,date_submitted,is_banked,score
1,11,5,0,80
1,12,7,0,?
2,13,9,0,40
1,13,-1,1,70""",
    "vle": """id_site,code_module,code_presentation,activity_type,week_from,week_to
501,XXX,2013B,homepage,?,?
502,XXX,2013B,forumng,?,?
503,XXX,2013B,newkind,?,?""",
    "studentVle": """code_module,code_presentation,id_student,id_site,date,sum_click
XXX,2013B,11,501,0,3
XXX,2013B,11,501,0,4
XXX,2013B,11,502,-2,1
XXX,2013B,12,503,1,2""",
}
DATES = {"start": "2012-01-01", "split": "2013-10-01", "end": "2013-11-01"}


def day(text):
    return pd.Timestamp(text)


@pytest.fixture
def root(tmp_path, monkeypatch):
    folder = make_project(tmp_path, monkeypatch)
    (folder / "data" / "oulad").mkdir(parents=True)
    for name, text in TINY.items():
        quoted = "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines())
        (folder / "data" / "oulad" / f"{name}.csv").write_text(quoted + "\n")
    write_window(folder, dates=DATES, source={"kind": "oulad"})
    return folder


def by(table, *keys):
    return collected("test", table).sort_values(list(keys)).set_index(list(keys))


def test_a_day_counts_from_the_first_day_of_the_presentation(root):
    run("test")
    enrolled = collected("test", "enrollments").groupby("product_id")["enrolled_at"].apply(sorted)
    assert enrolled["XXX-2013B"] == [day("2013-01-27"), day("2013-02-01")]
    assert enrolled["XXX-2013J"] == [day("2013-09-01"), day("2013-09-24")]


def test_only_a_pass_or_a_distinction_completes_and_at_the_end_of_the_course(root):
    run("test")
    completed = collected("test", "enrollments")["completed_at"].dropna()
    assert sorted(completed) == [day("2013-02-11"), day("2013-10-21")]


def test_a_result_is_not_known_before_the_end_of_the_course(root):
    write_window(root, dates=DATES | {"end": "2013-10-21"}, source={"kind": "oulad"})
    run("test")
    assert collected("test", "enrollments")["completed_at"].dropna().tolist() == [day("2013-02-11")]


def test_a_withdrawal_is_dated_by_the_day_of_unregistration(root):
    write_window(root, dates=DATES | {"start": "2011-01-01"}, source={"kind": "oulad"})
    run("test")
    assert sorted(collected("test", "enrollments")["withdrawn_at"].dropna()) == [day("2013-02-05"), day("2013-09-24")]


def test_clicks_of_one_day_on_one_site_are_summed(root):
    run("test")
    seen = by("page_views", "url", "viewed_at")
    assert seen["views"].to_dict() == {
        ("/site/501", day("2013-02-01")): 7,
        ("/site/502", day("2013-01-30")): 1,
        ("/site/503", day("2013-02-02")): 2,
    }
    assert seen["page_type"].tolist() == ["course_home", "forum", "other"]


def test_a_click_of_day_n_is_known_at_day_n_plus_one_and_not_at_day_n(root):
    run("test")
    recorded = by("page_views", "url").loc["/site/503", "recorded_at"]
    assert not recorded < day("2013-02-02")
    assert recorded < day("2013-02-03")


def test_carried_over_work_is_left_out_and_counted(root):
    account = run("test")
    handed_in = by("submissions", "submitted_at")
    assert handed_in.index.tolist() == [day("2013-02-06"), day("2013-02-08"), day("2013-02-10")]
    assert handed_in["due_at"].isna().tolist() == [False, False, True]
    assert handed_in["score"].isna().tolist() == [False, True, False]
    assert account.exclusions[["table", "rows"]].values.tolist() == [["submissions", 1]]


def test_a_person_has_one_row_with_what_was_said_first(root):
    run("test")
    assert len(collected("test", "learners")) == 4
    bands = pd.read_parquet(paths.protected("test"))
    assert bands["deprivation_band"].value_counts().to_dict() == {"10-20": 1, "20-30%": 1, "30-40%": 1}
    assert bands["deprivation_band"].isna().sum() == 1


def test_a_presentation_is_announced_before_anybody_registers(root):
    run("test")
    products = by("products", "product_id")
    assert products["announced_at"].tolist() == [day("2011-12-29"), day("2012-10-01")]
    assert products["launched_at"].tolist() == [day("2013-02-01"), day("2013-10-01")]
    assert products["ends_at"].tolist() == [day("2013-02-11"), day("2013-10-21")]


def test_parquet_gives_the_bytes_that_the_official_csv_gives(root):
    run("test")
    expected = digests("test")
    for file in (root / "data" / "oulad").glob("*.csv"):
        pd.read_csv(file, na_values="?").to_parquet(file.with_suffix(".parquet"))
        file.unlink()
    run("test")
    assert digests("test") == expected


def test_the_columns_of_a_note_are_columns_of_the_source(root):
    account = run("test").columns.set_index(["table", "column"])
    assert (account.loc[list(NOTES), "treatment"] != "absent").all()


def test_absent_files_are_named_with_what_to_download(root):
    (root / "data" / "oulad" / "vle.csv").unlink()
    with pytest.raises(CollectionError, match=r"oulad holds no vle \(.csv or .parquet\). Download the dataset"):
        check_source(params.load("test"))
    shutil.rmtree(root / "data")
    with pytest.raises(CollectionError, match=r"not in data/oulad or ../shared/data/oulad. Download"):
        check_source(params.load("test"))


def test_a_file_of_something_else_is_named(root):
    (root / "data" / "oulad" / "vle.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CollectionError, match=r"vle.csv: no column id_site.*only a, b"):
        run("test")


def test_a_file_that_was_cut_short_is_named_before_anything_runs(root):
    file = root / "data" / "oulad" / "studentVle.csv"
    whole = root / "data" / "oulad" / "studentVle.parquet"
    pd.read_csv(file).to_parquet(whole)
    whole.write_bytes(whole.read_bytes()[:-9])
    with pytest.raises(CollectionError, match=r"^studentVle.parquet: not readable as parquet"):
        check_source(params.load("test"))


def test_a_value_that_is_no_number_is_one_sentence(root):
    file = root / "data" / "oulad" / "studentVle.csv"
    file.write_text(file.read_text().replace('"7"', '"seven"').replace('"2"', '"two"'))
    with pytest.raises(
        CollectionError, match=r"window test, source oulad: .*two.*Correct the value or file named"
    ) as caught:
        run("test")
    assert "\n" not in str(caught.value)


def test_a_presentation_that_nobody_can_date_is_refused(root):
    file = root / "data" / "oulad" / "courses.csv"
    file.write_text(file.read_text().replace("2013B", "2013X"))
    with pytest.raises(CollectionError, match="presentation '2013X' is no year followed by B or J"):
        check_source(params.load("test"))


@pytest.mark.parametrize(
    ("split", "end", "said"),
    [
        ("2013-10-02", "2014-08-01", "validates on presentations that start from 2013-10-02 to 2014-08-01"),
        ("2013-02-01", "2014-08-01", "trains on presentations that start from 2012-01-01 to 2013-02-01"),
    ],
)
def test_a_window_without_a_presentation_is_refused(root, split, end, said):
    write_window(root, dates={"start": "2012-01-01", "split": split, "end": end}, source={"kind": "oulad"})
    with pytest.raises(CollectionError, match=said):
        check_source(params.load("test"))


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Collect all of the real data that lies beside the project, once."""
    found = [HERE / place for place in ("data/oulad", "../shared/data/oulad") if (HERE / place).exists()]
    if not found:
        pytest.skip("the real OULAD is neither in data/oulad nor in ../shared/data/oulad")
    with pytest.MonkeyPatch.context() as patch:
        root = make_project(tmp_path_factory.mktemp("real"), patch)
        dates = {"start": "2012-01-01", "split": "2014-02-01", "end": "2015-12-31"}
        write_window(root, dates=dates, source={"kind": "oulad", "path": str(found[0].resolve())})
        yield run("test"), found[0]


@pytest.mark.real
def test_the_real_rows_are_those_that_the_publisher_counts(real):
    rows = real[0].tables.set_index("table")["rows"]
    expected = {
        "learners": 19_720,
        "protected": 19_720,
        "enrollments": 21_333,
        "products": 15,
        "page_views": 5_656_426,
    }
    assert rows[list(expected)].to_dict() == expected
    assert rows["page_views"] == 5_656_426
    assert rows["submissions"] == 121_738 - 1_129
    assert real[0].exclusions["rows"].tolist() == [1_129]


@pytest.mark.real
def test_the_real_results_are_those_of_the_files(real):
    info = pd.read_parquet(real[1] / "studentInfo.parquet")
    registered = pd.read_parquet(real[1] / "studentRegistration.parquet")
    enrolled = collected("test", "enrollments")
    assert enrolled["completed_at"].notna().sum() == info["final_result"].isin(["Pass", "Distinction"]).sum() == 9_928
    assert enrolled["withdrawn_at"].notna().sum() == registered["date_unregistration"].notna().sum() == 6_333


@pytest.mark.real
def test_the_real_clicks_are_all_there(real):
    clicks = pd.read_parquet(real[1] / "studentVle.parquet", columns=["sum_click"])
    assert collected("test", "page_views")["views"].sum() == clicks["sum_click"].sum()


@pytest.mark.real
def test_every_real_kind_of_page_is_known(real):
    kinds = set(pd.read_parquet(real[1] / "vle.parquet")["activity_type"])
    assert kinds - set(PAGE_TYPES) == set()
