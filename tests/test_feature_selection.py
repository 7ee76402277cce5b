"""Selection: drivers are chosen again, noise is not, and choosing happens on the rows that are learned from."""

import warnings

import numpy as np
import pandas as pd
import pytest
from micro import window
from synthetic import DRIVER, NOISES, WEAK, launch_data

from insights.feature_analysis import selection as feature_selection
from insights.modeling.dataset import Dataset

PARAMS = window()
NAMES = [DRIVER, WEAK, *NOISES]


@pytest.fixture(scope="module")
def rows():
    return launch_data(PARAMS, families=60).train


def test_drivers_are_chosen_again_and_noise_is_not(rows):
    share = feature_selection.stability(feature_selection.taken(rows, NAMES, PARAMS))
    assert share[DRIVER] == 1
    assert (share[list(NOISES)] < feature_selection.STABLE).all()
    assert feature_selection.stable(rows, NAMES, PARAMS)[0] == DRIVER
    assert not set(feature_selection.stable(rows, NAMES, PARAMS)) & set(NOISES)


def test_as_many_are_taken_in_each_half_as_may_enter(rows):
    share = feature_selection.stability(feature_selection.taken(rows, NAMES, PARAMS))
    assert share.sum() == pytest.approx(feature_selection.most_to_enter(len(NAMES)))
    assert [feature_selection.most_to_enter(n) for n in (1, 5, 20, 80)] == [1, 1, 2, 4]


def test_halves_hold_families_whole(rows, monkeypatch):
    seen = []

    def watched(matrix, y, many):
        seen.append(set(matrix[:, 0]))
        return np.array([True])

    monkeypatch.setattr(feature_selection, "_first", watched)
    feature_selection.taken(rows.assign(price=pd.factorize(rows["family"])[0]), ["price"], PARAMS)
    assert all(
        not one & other and len(one) == len(other) == 30 for one, other in zip(seen[::2], seen[1::2], strict=True)
    )


def test_copies_share_the_choice_and_their_family_has_it_whole(rows):
    rng = np.random.default_rng(0)
    copies = ["survey_intent", "survey_answers", "survey_top_two"]
    same = {name: rows[DRIVER] + 0.1 * rng.normal(size=len(rows)) for name in copies}
    twins = rows.assign(**same)
    names = [*copies, *NOISES]
    halves = feature_selection.taken(twins, names, PARAMS)
    alone = feature_selection.stability(halves)[copies]
    families = feature_selection.stability_of_families(halves, "launch")
    assert families["survey"] == 1 > alone.max()
    assert families["plan"] < feature_selection.STABLE


def test_selection_is_the_same_twice_and_does_not_hang_on_the_scale_or_on_constants(rows):
    share = feature_selection.stability(feature_selection.taken(rows, NAMES, PARAMS))
    scaled = rows.assign(**{DRIVER: 1_000 * rows[DRIVER] - 7, "buyers": 3.0, "visitors": np.nan})
    again = feature_selection.stability(feature_selection.taken(scaled, [*NAMES, "buyers", "visitors"], PARAMS))
    pd.testing.assert_series_equal(again[NAMES], share)
    assert (again[["buyers", "visitors"]] == 0).all()


def test_stable_is_what_is_taken_in_six_of_ten_halves_most_stable_first():
    table = pd.DataFrame({"feature": ["views", "price", "late"], "stability": [0.6, 0.8, 0.59]})
    assert feature_selection.of_table(table)["feature"].tolist() == ["price", "views"]


def test_rows_that_a_fold_holds_out_do_not_choose(rows, monkeypatch):
    data = Dataset("launch", launch_data(PARAMS, families=60).frame, NAMES)
    seen = []
    stable = feature_selection.stable

    def watched(fit, names, params):
        seen.append(set(fit["family"]))
        return stable(fit, names, params)

    monkeypatch.setattr(feature_selection, "stable", watched)
    table = feature_selection.inside_folds(data, PARAMS)
    everyone = set(rows["family"])
    assert all(families < everyone for families in seen) and len(seen) == PARAMS.modeling.folds
    assert set(table["model"]) == {"logistic", "forest"}
    assert table[["every", "chosen"]].gt(0.6).all().all()


def test_features_that_coincide_in_a_half_are_left_out_without_a_warning(rows):
    twins = {f"twin_{i}": rows[DRIVER] if i % 2 else rows["price"] + 1e-9 * i * rows[DRIVER] for i in range(60)}
    same = pd.concat([rows[["y", "family"]], pd.DataFrame(twins)], axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        halves = feature_selection.taken(same, list(twins), PARAMS)
    assert (halves.sum(axis=1) >= 1).all()
