"""Walk-forward: windows are pooled once each, baselines that say nothing left out, families resampled over all."""

import shutil

import numpy as np
import pandas as pd
import pytest
from collecting import HERE
from micro import window
from synthetic import DRIVER, launch_data

from insights import paths, walk
from insights.modeling import learned, saved

PARAMS = window()
MONTHS = {"2025Q3": "2025-07-01", "2025Q4": "2025-10-01"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("walk")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSIGHTS_ROOT", str(folder))
        shutil.copytree(HERE / "params", folder / "params")
        for seed, (name, month) in enumerate(MONTHS.items()):
            _write(name, pd.Timestamp(month), seed, says=name == "2025Q4")
        yield folder


def _write(name, month, seed, says):
    """Write predictions of eighty products; one baseline says something in some windows only."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame({"product_id": [f"P{i}" for i in range(80)], "kind": "catalogue", "as_of": month})
    rows = rows.assign(family=[f"F{i // 2}" for i in range(80)], y=np.tile([0.0, 1.0], 40))
    rows = rows.assign(margin_earned=100 + 50 * rows["y"], hurdle=120.0)
    scores = {"logistic": rows["y"] + rng.normal(size=80), "panel": rng.random(80),
              "survey": rng.random(80) if says else np.full(80, 0.3)}  # fmt: skip
    told = [rows.assign(model=m, score=s, decision=(s > 0.5).astype(int)) for m, s in scores.items()]
    path = paths.predictions(name, "launch")
    path.parent.mkdir(parents=True)
    pd.concat(told).to_parquet(path)
    data = launch_data(PARAMS)
    model = learned.logistic([DRIVER], PARAMS).fit(data.train, data.train["y"].to_numpy(dtype=int))
    saved.save(model, paths.model(name, "launch"))


def test_every_decision_counts_once_and_the_chosen_model_stands_beside_itself(root):
    told = walk.pooled([*MONTHS])
    assert set(told["model"]) == {"logistic", "panel", walk.CHOSEN}
    assert told.groupby("model").size().tolist() == [160, 160, 160]
    own, chosen = (told[told["model"] == name] for name in ("logistic", walk.CHOSEN))
    np.testing.assert_array_equal(own["score"], chosen["score"])


def test_a_baseline_that_says_nothing_in_one_window_is_left_out_of_all(root):
    assert "survey" in set(walk.pooled(["2025Q4"])["model"])
    assert "survey" not in set(walk.pooled([*MONTHS])["model"])


def test_windows_that_judge_the_same_decision_are_refused(root):
    with pytest.raises(ValueError, match="two of them judge the same decision"):
        walk.pooled(["2025Q4", "2025Q4"])


def test_the_pool_is_judged_against_chance_against_rules_and_in_money(root):
    found = walk.judged(walk.pooled([*MONTHS]), PARAMS)
    beyond = found["beyond"].set_index("model")
    assert beyond.loc[walk.CHOSEN, "beyond"] and not beyond.loc["panel", "beyond"]
    assert found["against"]["model"].tolist() == ["panel"]
    assert found["against"]["low"].iloc[0] > 0 and found["against"]["n"].iloc[0] == 160
    by = found["value"].set_index("model")["value"]
    assert by["in hindsight"] == 80 * 30 and by["launch all"] == 80 * 30 - 80 * 20


@pytest.fixture
def tables(monkeypatch):
    """Let the tables of windows be given by name."""
    given = {}
    monkeypatch.setattr(walk.store, "table", lambda window, step, name: given[window, name])
    return given


def test_rungs_are_counted_over_windows(tables):
    for name, stays in {"a": [True, True, False], "b": [True, False, True]}.items():
        told = {"model": ["chance", "panel", "margin"], "gain": [np.nan, 0.1, 0.2], "stays": stays}
        tables[name, "table_5_29_launch_ladder"] = pd.DataFrame(told)
    found = walk.climbed(["a", "b"]).set_index("model")
    assert found["stays"].to_dict() == {"chance": 2, "panel": 1, "margin": 1}
    assert found.loc["margin", "gain"] == pytest.approx(0.2) and (found["windows"] == 2).all()


def test_features_are_counted_over_the_windows_in_which_they_are_there(tables):
    first = {"feature": ["looks", "price"], "stability": [0.9, 0.2], "seen_by": ["both", "forest only"]}
    tables["a", "table_4_2_launch_features"] = pd.DataFrame(first)
    tables["b", "table_4_2_launch_features"] = pd.DataFrame(first).head(1).assign(stability=0.5)
    found = walk.stability(["a", "b"])
    assert found.to_numpy().tolist() == [["looks", 2, 1, 0.7, 2], ["price", 1, 0, 0.2, 0]]
