"""A column that is filled in after the outcome, planted in the simulated company: the leakage check names it."""

import shutil

import pandas as pd
import pytest
from collecting import HERE, run, write_window

from insights import cleaning, dictionary, store, warehouse
from insights.feature_analysis import core as feature_analysis
from insights.feature_analysis import leaks
from insights.features import build
from insights.modeling.dataset import from_frame

PLANTED = ["experiments", "disparity", "drift", "redundant_source", "independent_views"]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Return what each feature of the completion model tells by itself, in a company with the leaking column."""
    folder = tmp_path_factory.mktemp("leak")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INSIGHTS_ROOT", str(folder))
        shutil.copytree(HERE / "params", folder / "params")
        write_window(folder, "leak", simulation={"people": 1_500, "planted": [*PLANTED, "leaking_column"]})
        run("leak")
        step = store.open_step("02_data_cleaning", "leak")
        con = warehouse.connect(step.params.compute)
        cleaning.clean(step, con, dictionary.collected_tables(con, "leak", protected=False))
        step.finish()
        _, frame = build.build_completion(con, cleaning.tables(con, "leak"), step.params)
        rows = feature_analysis.with_noise(from_frame("completion", frame).train, step.params)
    names = [*from_frame("completion", frame).features, feature_analysis.NOISE]
    alone = {name: leaks.alone(rows, name) for name in names}
    return pd.DataFrame({"feature": list(alone), "single_auc": list(alone.values())})


def test_the_planted_leak_is_named_and_nothing_else_is(table):
    assert leaks.of_outcome(table)["feature"].tolist() == ["study_load"]


def test_noise_tells_nothing_alone(table):
    assert table.set_index("feature").loc["noise", "single_auc"] < 0.56
