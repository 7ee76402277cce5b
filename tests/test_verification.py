"""Verification: a window is run again beside its outputs, which stay as they are; what differs is named."""

import shutil

import pytest
import tiny_project

from insights import params, paths
from insights.running import pipeline, verification, windows


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project whose sample was run, and in which nothing has changed since."""
    root = tiny_project.make(tmp_path / "project")
    (root / "registers").mkdir()
    monkeypatch.setenv("INSIGHTS_ROOT", str(root))
    monkeypatch.setattr(pipeline, "is_fresh", lambda window: True)
    written(root)
    return root


def written(root, metric=1, more=()):
    """Write what a run of the sample writes: metrics, a table, and what tells the time."""
    folder = root / "outputs" / "sample"
    for name in ("results.json", "05_modeling/tables/table_5_1.parquet", *more):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{metric} in {name}")
    (folder / "manifest.json").write_text(f"today {metric}")
    (folder / ".done").mkdir(exist_ok=True)
    (folder / ".done" / "05_modeling.csv").write_text(f"at noon {metric}")


def again(monkeypatch, run):
    places = []

    def stand_in(place, window):
        places.append(place)
        assert not (place / "outputs" / window).exists(), "it begins with nothing"
        return run(place)

    monkeypatch.setattr(verification, "_run", stand_in)
    return places


def test_the_same_bytes_are_said_to_be_the_same_and_nothing_is_left(project, monkeypatch, capsys):
    before = verification.contents(project / "outputs" / "sample")
    places = again(monkeypatch, lambda place: written(place))
    assert pipeline.main(["verify", "sample"]) == 0
    said = capsys.readouterr().out
    assert "all 2 files of tables and metrics came out the same again" in said and before["results.json"] in said
    assert verification.contents(project / "outputs" / "sample") == before
    assert not places[0].exists() and [*paths.cache().iterdir()] == []


@pytest.mark.parametrize(
    ("run", "named"),
    [
        (
            lambda place: written(place, metric=2),
            "2 of 2 files come out otherwise: 05_modeling/tables/table_5_1.parquet",
        ),
        (lambda place: written(place, more=["01/extra.csv"]), "1 of 2 files come out otherwise: 01/extra.csv"),
        (lambda place: None, "2 of 2 files"),
    ],
    ids=["another metric", "a table more", "nothing written"],
)
def test_what_comes_out_otherwise_is_named_and_the_outputs_stay(project, monkeypatch, capsys, run, named):
    before = (project / "outputs" / "sample" / "results.json").read_text()
    again(monkeypatch, run)
    assert pipeline.main(["verify", "sample"]) == verification.DIFFERENT
    assert named in capsys.readouterr().err
    assert (project / "outputs" / "sample" / "results.json").read_text() == before


def test_a_run_that_breaks_off_is_no_proof(project, monkeypatch, capsys):
    again(monkeypatch, lambda place: written(place) or 2)
    assert pipeline.main(["verify", "sample"]) == verification.DIFFERENT
    assert "did not reach its end" in capsys.readouterr().err


def test_a_window_that_is_older_than_its_code_has_to_be_run_first(project, monkeypatch, capsys):
    monkeypatch.setattr(pipeline, "is_fresh", lambda window: False)
    places = again(monkeypatch, lambda place: written(place))
    assert pipeline.main(["verify", "sample"]) == pipeline.REFUSED
    assert "First: make run WINDOW=sample" in capsys.readouterr().err and places == []


def test_a_window_that_is_being_run_is_not_verified(project, monkeypatch, capsys):
    again(monkeypatch, lambda place: written(place))
    with windows.hold("sample"):
        assert pipeline.main(["verify", "sample"]) == pipeline.BUSY
    assert "another run is at work" in capsys.readouterr().err


def test_the_project_beside_looks_at_the_same_records_keys_and_other_windows(project):
    for name in ("data/oulad/vle.csv", "secrets/key", "outputs/sample-before/results.json", "../exports/x.csv"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(name)
    asked = params.load("sample")
    asked = asked.model_copy(update={"source": asked.source.model_copy(update={"path": "../exports"})})
    with verification.beside(asked) as place:
        for name in ("data/oulad/vle.csv", "secrets/key", "outputs/sample-before/results.json", "../exports/x.csv"):
            assert (place / name).read_text() == name
        assert (place / "params" / "sample.yaml").read_text() == (project / "params" / "sample.yaml").read_text()
        assert not (place / "outputs" / "sample").exists()
    assert (project / "secrets" / "key").exists() and (project / "../exports/x.csv").exists()


def test_records_too_far_above_the_project_are_refused_with_the_remedy(project):
    asked = params.load("sample")
    far = asked.model_copy(update={"source": asked.source.model_copy(update={"path": "../../../../../../exports"})})
    with pytest.raises(params.ParameterError, match="Give the whole path"), verification.beside(far):
        pass
    assert [*paths.cache().iterdir()] == []


def test_without_a_register_or_records_of_its_own_a_project_is_verified_too(project):
    shutil.rmtree(project / "registers")
    with verification.beside(params.load("sample")) as place:
        assert (place / "Makefile").exists() and not (place / "data").exists()
