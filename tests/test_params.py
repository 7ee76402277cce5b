"""Parameters: every file loads, and every kind of wrong file gives one clear error."""

import datetime

import pytest
import yaml
from collecting import HERE

from insights import params
from insights.params import ParameterError

WINDOWS = sorted(file.stem for file in (HERE / "params").glob("*.yaml") if file.stem != "base")
GOOD = {"dates": {"start": "2025-01-01", "split": "2025-10-01", "end": "2026-01-01"}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return the folder of parameters of a project of its own, with the repository's base.yaml."""
    monkeypatch.setenv("INSIGHTS_ROOT", str(tmp_path))
    folder = tmp_path / "params"
    folder.mkdir()
    (folder / "base.yaml").write_text((HERE / "params" / "base.yaml").read_text())
    return folder


def write(project, changes=None, **dates):
    """Write the file of a window called mine and return its name."""
    days = {key: datetime.date.fromisoformat(value) for key, value in (GOOD["dates"] | dates).items()}
    (project / "mine.yaml").write_text(yaml.safe_dump({"dates": days} | (changes or {})))
    return "mine"


def refusal(window="mine"):
    """Return what is said when a window is refused."""
    with pytest.raises(ParameterError) as error:
        params.load(window)
    return str(error.value)


@pytest.mark.parametrize("window", WINDOWS)
def test_every_window_of_the_repository_loads(window):
    loaded = params.load(window)
    assert loaded.window == window
    assert loaded.start < loaded.split < loaded.end


def test_the_windows_are_listed_without_what_they_share():
    assert params.windows() == WINDOWS
    assert params.newest() == "2025Q4"


def test_a_window_changes_what_it_names_and_keeps_the_rest(project):
    write(project, {"modeling": {"seed": 99}})
    loaded, base = params.load("mine"), yaml.safe_load((project / "base.yaml").read_text())
    assert loaded.modeling.seed == 99
    assert loaded.modeling.folds == base["modeling"]["folds"]


def test_a_whole_number_is_taken_for_a_share(project):
    assert params.load(write(project, {"cleaning": {"max_loss": 1}})).cleaning.max_loss == 1.0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"modeling": {"forest_tres": 10}}, "modeling.forest_tres is not a parameter; the nearest known one is"),
        ({"modelling": {"seed": 1}}, "modelling is not a parameter; the nearest known one is modeling"),
        ({"zzz": 1}, "zzz is not a parameter. Correct or remove it"),
        ({"modeling": {"seed": "seven"}}, "modeling.seed is 'seven': Input should be a valid integer"),
        ({"modeling": {"seed": 7.0}}, "modeling.seed is 7.0"),
        ({"modeling": {"folds": 1}}, "modeling.folds is 1: Input should be greater than or equal to 2"),
        ({"modeling": [1, 2]}, "modeling is [1, 2]"),
        ({"modeling": None}, "modeling is None"),
        ({"cleaning": {"max_loss": 1.5}}, "cleaning.max_loss is 1.5: Input should be less than or equal to 1"),
        ({"cleaning": {"max_loss": "0.5"}}, "cleaning.max_loss is '0.5'"),
        ({"cleaning": {"max_loss": True}}, "cleaning.max_loss is True"),
        ({"privacy": {"smallest_group": 0}}, "privacy.smallest_group is 0"),
        ({"source": {"kind": "warehouse"}}, "source.kind is 'warehouse'"),
        ({"launch": {"hurdle": "none"}}, "launch.hurdle is 'none'"),
        ({"compute": {"memory": "5 gigabytes"}}, "compute.memory is '5 gigabytes'"),
        ({"simulation": {"people": 3}}, "simulation.people is 3"),
        ({"window": "other"}, "window is not a parameter"),
        ({2025: {"seed": 1}}, "2025"),
        (
            {"cleaning": {"bring_back": [{"table": "page_views", "rule": "crawler", "wy": "they are ours"}]}},
            "cleaning.bring_back.0.wy is not a parameter; the nearest known one is why",
        ),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_its_place_and_its_file(project, changes, told):
    write(project, changes)
    said = refusal()
    assert told in said
    assert "params/mine.yaml" in said


def test_a_key_that_stands_twice_is_refused_and_not_the_last_of_them_taken(project):
    write(project)
    with (project / "mine.yaml").open("a") as file:
        file.write("modeling: {seed: 1, seed: 2}\n")
    assert "seed stands twice" in refusal() and "mine.yaml" in refusal()


def test_two_mistakes_are_told_at_once(project):
    write(project, {"modeling": {"folds": 1, "sed": 3}})
    said = refusal()
    assert "modeling.folds is 1" in said
    assert "modeling.sed is not a parameter; the nearest known one is seed" in said


def test_a_missing_key_is_named(project):
    base = yaml.safe_load((project / "base.yaml").read_text())
    del base["bias"]["margin"], base["compute"]
    (project / "base.yaml").write_text(yaml.safe_dump(base))
    write(project)
    said = refusal()
    assert "bias.margin is missing; set it" in said
    assert "compute is missing; set it" in said


def test_a_window_without_dates_is_told_which_it_needs(project):
    (project / "mine.yaml").write_text("modeling: {seed: 1}\n")
    said = refusal()
    for key in ("start", "split", "end"):
        assert f"dates.{key} is missing" in said


@pytest.mark.parametrize(
    "dates", [{"split": "2025-01-01"}, {"split": "2026-01-01"}, {"start": "2025-12-01"}, {"end": "2025-02-01"}]
)
def test_dates_out_of_order_are_refused_and_all_three_are_named(project, dates):
    write(project, **dates)
    said = refusal()
    assert "out of order" in said
    for key, value in (GOOD["dates"] | dates).items():
        assert f"{key} {value}" in said


@pytest.mark.parametrize("dates", [{"end": "2026-01-02"}, {"start": "2022-12-31"}])
def test_a_window_past_the_simulated_history_is_refused(project, dates):
    write(project, **dates)
    said = refusal()
    assert "reaches past the data, which cover 2023-01-01 to 2026-01-01" in said
    assert "simulation.months" in said


def test_a_window_of_brought_data_may_lie_anywhere(project):
    write(project, {"source": {"kind": "online_retail"}}, start="2010-12-01")
    assert params.load("mine").start == datetime.datetime(2010, 12, 1)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"dates: [2025-01-01\n", "mine.yaml is not readable as YAML"),
        (b"dates: \xff\xfe\n", "mine.yaml is not readable as YAML"),
        (b"- dates\n- modeling\n", "params/mine.yaml holds list, not sections with keys"),
        (b"", "params/mine.yaml holds NoneType, not sections with keys"),
        (b"just words\n", "params/mine.yaml holds str, not sections with keys"),
    ],
)
def test_a_file_that_is_not_sections_with_keys_is_refused(project, content, told):
    (project / "mine.yaml").write_bytes(content)
    assert told in refusal()


def test_a_date_that_is_only_text_is_refused(project):
    (project / "mine.yaml").write_text('dates: {start: "2025-01-01", split: 2025-10-01, end: 2026-01-01}\n')
    assert "dates.start is '2025-01-01': Input should be a valid date" in refusal()


def test_an_unknown_window_is_told_the_nearest_and_all_others(project):
    write(project)
    said = refusal("mime")
    assert "WINDOW=mime: there is no params/mime.yaml. Did you mean mine?" in said
    assert "Windows: mine." in said


def test_what_all_windows_share_is_no_window(project):
    write(project)
    assert "WINDOW=base" in refusal("base")


def test_every_parameter_counts_in_the_digest(project):
    before = params.load(write(project)).digest()
    assert params.load(write(project)).digest() == before
    assert params.load(write(project, {"bias": {"margin": 0.06}})).digest() != before


def test_parameters_cannot_be_changed_once_loaded(project):
    loaded = params.load(write(project))
    with pytest.raises(ValueError, match="frozen"):
        loaded.modeling.seed = 8
