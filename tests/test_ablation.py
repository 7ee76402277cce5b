"""Ablation: what carries the outcome earns its place, what carries nothing may go, of twins one may."""

import numpy as np
import pandas as pd
import pytest
from micro import window
from synthetic import DRIVER, NOISES, WEAK, launch_data

from insights.ablation import backwards, components, core, effects, pairs, refits, simplified, steps
from insights.ablation.components import AS_IS
from insights.features import registry
from insights.modeling import learned, metrics, thresholds
from insights.modeling.dataset import Dataset
from insights.modeling.evaluation import paired
from insights.modeling.probabilities import calibrated
from insights.modeling.trials import Trials, Variant, trial
from insights.verdicts import APART, EARNS, MAY_GO, NEED, NOT_USED, NOT_WORSE, REPLACE, UNKNOWN, WORSE

ABLATION = {"margin": 0.03, "value_margin": 0.02, "rows": 5_000, "noise": 3, "tried": 3, "pairs": 4}
PARAMS = window(ablation=ABLATION)
TWIN = "instagram_posts"


@pytest.fixture(scope="module")
def data():
    """Sixty products whose outcome follows the driver, which a twin repeats."""
    whole = launch_data(PARAMS, families=60)
    rng = np.random.default_rng(5)
    frame = whole.frame.assign(**{TWIN: whole.frame[DRIVER] + 0.05 * rng.normal(size=len(whole.frame))})
    return Dataset("launch", frame, [DRIVER, WEAK, *NOISES])


def with_twin(data):
    return Dataset("launch", data.frame, [*data.features, TWIN])


def ablated(data, params=PARAMS, model=None):
    model = model or learned.logistic(data.features, params)
    frames = {
        AS_IS: data,
        "without Instagram": data,
        "without LinkedIn": data,
        "without Instagram and LinkedIn": data,
    }
    return core.ablate("launch", model, frames, [], params)


@pytest.fixture(scope="module")
def found(data):
    return ablated(data)


@pytest.fixture(scope="module")
def twins(data):
    return ablated(with_twin(data))


def added(found, kind, name):
    table = found.added.set_index(["kind", "component"])
    return table.loc[(kind, name)]


def test_an_essential_component_earns_its_place_and_is_named_first(found):
    assert found.added["component"].iloc[0] in ("survey_responses", "survey", "journey")
    survey = added(found, "family", "survey")
    assert survey["verdict"] == EARNS and survey["roc_auc_adds"] > 0.1


def test_what_carries_nothing_may_go_and_noise_adds_as_little(found):
    for kind, name in [("family", "plan"), ("source", "LinkedIn"), ("family", "email"), ("source", "email_events")]:
        assert added(found, kind, name)["verdict"] == MAY_GO
    assert len(found.noise) == 3 and found.noise["roc_auc_adds"].abs().max() < 0.02


def test_what_a_component_adds_is_the_loss_when_it_is_left_out(data, found):
    y, rows = data.train["y"].to_numpy(dtype=int), data.validate
    auc = [
        metrics.roc_auc(
            rows["y"].to_numpy(dtype=int), learned.logistic(features, PARAMS).fit(data.train, y).score(rows)
        )
        for features in (data.features, [WEAK, *NOISES])
    ]
    survey = added(found, "family", "survey")
    assert survey["roc_auc_without"] == auc[1]
    assert survey["roc_auc_adds"] == auc[0] - auc[1]
    assert survey["roc_auc_low"] < survey["roc_auc_adds"] < survey["roc_auc_high"]
    assert survey["n"] == len(rows)


def test_a_component_alone_is_the_model_of_its_features_alone(data, found):
    y, rows = data.train["y"].to_numpy(dtype=int), data.validate
    score = learned.logistic([DRIVER], PARAMS).fit(data.train, y).score(rows)
    alone = found.alone.set_index(["kind", "component"]).loc[("family", "survey")]
    assert alone["roc_auc"] == metrics.roc_auc(rows["y"].to_numpy(dtype=int), score)
    assert alone["low"] < alone["roc_auc"] < alone["high"]


def test_products_on_sale_and_new_launches_are_judged_apart(data):
    frame = data.frame.copy()
    launches = (frame["role"] == "validate") & frame["family"].isin([f"F{i:02d}" for i in range(20)])
    frame.loc[launches, "kind"] = "launch"
    mixed = ablated(Dataset("launch", frame, data.features))
    for table in (mixed.added, mixed.alone, mixed.noise, mixed.simple.beside):
        assert sorted(table["rows"].unique()) == ["catalogue", "launch"]
    assert mixed.added.groupby("rows")["n"].first().to_dict() == {"catalogue": 120, "launch": 60}


def test_of_two_that_say_the_same_either_may_go_and_the_pair_is_named(twins):
    for name in ("survey", "instagram"):
        assert added(twins, "family", name)["verdict"] == MAY_GO
    first = twins.pairs.iloc[0]
    assert {*first[["one", "other"]]} & {"source survey_responses", "family survey"}
    assert "Instagram" in first["one"] + first["other"] or "instagram" in first["one"] + first["other"]
    assert first["verdict"] == REPLACE and first["both_add"] > 0.1


def test_the_simplified_model_keeps_one_of_two_that_say_the_same_and_drops_what_tells_nothing(twins):
    kept = {*twins.simple.model.features}
    assert len(kept & {DRIVER, TWIN}) == 1
    assert not kept & {*NOISES}
    assert len(kept) < 6
    assert twins.simple.takes["simplified"].iloc[0] == len(kept)


def test_the_simplified_model_is_not_worse_and_is_fitted_on_all_training_rows(data, found):
    assert found.simple.verdict == NOT_WORSE
    y = data.train["y"].to_numpy(dtype=int)
    again = learned.logistic(found.simple.model.features, PARAMS).fit(data.train, y)
    np.testing.assert_array_equal(again.said(data.validate), found.simple.model.said(data.validate))
    row = found.simple.beside.set_index("metric").loc["roc_auc"]
    assert row["loss"] == row["full"] - row["simplified"]


def test_backward_elimination_never_looks_at_validation_rows(data, found):
    spoiled, rng = data.frame.copy(), np.random.default_rng(1)
    judged = spoiled["role"] == "validate"
    spoiled.loc[judged, [*data.features, "y"]] = rng.integers(2, size=(judged.sum(), 6))
    other = ablated(Dataset("launch", spoiled, data.features))
    pd.testing.assert_frame_equal(other.path.table, found.path.table)
    assert other.simple.model.features == found.simple.model.features


def test_the_path_begins_with_the_full_model_and_loses_a_part_in_each_step(found):
    table = found.path.table
    assert table["features"].iloc[0] == 5 and table["removed"].iloc[0] == ""
    assert table["parts"].tolist() == list(range(5, 0, -1))
    assert table["chosen"].sum() == 1
    assert (table.loc[table["chosen"], "upper"] < 0.03).all()
    assert (table["loss"] >= 0).all()


def test_the_smallest_model_is_taken_against_the_best_on_the_way():
    class Bench:
        """Hands back what a trial was made with."""

        def value(self, held_out):
            return held_out

        def draws(self, held_out):
            return np.full(10, held_out)

    def made(auc):
        return type("Trial", (), {"held_out": auc})

    rows = [["", 4, made(0.70)], ["a", 3, made(0.74)], ["b", 2, made(0.735)], ["c", 1, made(0.70)]]
    table = backwards.table_of(rows, [list("abcd"), list("bcd"), list("cd"), list("d")], Bench(), 0.01)
    assert table["loss"].round(3).tolist() == [0, 0, 0.005, 0.04]
    assert table["chosen"].tolist() == [False, False, True, False]


def test_ablation_comes_out_the_same_twice_on_any_number_of_cores_and_leaves_the_model_alone(data, found):
    model = learned.logistic(data.features, PARAMS)
    two = PARAMS.model_copy(update={"compute": PARAMS.compute.model_copy(update={"threads": 2})})
    again = ablated(data, two, model)
    for name in ("added", "alone", "noise", "pairs", "every", "costs"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(found, name))
    assert model.features == data.features
    assert not hasattr(model, "fitted_")


def test_fewer_rows_are_refitted_on_where_the_parameters_say_so(data):
    less = ablated(data, window(ablation=ABLATION | {"rows": 100}))
    assert less.trained_on == 100
    assert less.added["n"].unique().tolist() == [100]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.001, 0.5, EARNS), (0.001, 0.009, MAY_GO), (0.0, 0.009, MAY_GO), (-0.3, -0.1, MAY_GO),
        (0.0, 0.01, UNKNOWN), (-0.1, 0.1, UNKNOWN), (0.001, 0.01, EARNS),
    ],
)  # fmt: skip
def test_the_verdict_follows_the_interval_and_the_margin_stated_before(low, high, verdict):
    assert effects.judge(low, high, 0.01) == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.05, 0.009, NOT_WORSE), (0.001, 0.009, NOT_WORSE), (0.001, 0.02, UNKNOWN), (0.011, 0.02, WORSE)],
)
def test_a_simpler_model_is_worse_only_beyond_the_margin(low, high, verdict):
    assert simplified.judge(low, high, 0.01) == verdict


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.01, 0.2, REPLACE), (-0.2, -0.01, NEED), (-0.005, 0.005, APART), (-0.005, 0.02, UNKNOWN)],
)
def test_a_pair_replaces_needs_or_ignores_each_other(low, high, verdict):
    assert pairs.judge(low, high, 0.01) == verdict


def names(parts):
    return {part.label: part.features for part in parts}


def test_components_are_of_the_features_that_the_model_reads():
    assert names(components.components("launch", [DRIVER, "price"])) == {
        "source survey_responses": (DRIVER,), "source products": ("price",), "family plan": ("price",),
        "family survey": (DRIVER,),
    }  # fmt: skip


def test_a_feature_made_from_another_goes_with_the_tables_of_that():
    parts = names(components.components("launch", ["visitors_per_need", "clicks_last_month_per_need", DRIVER]))
    assert parts["source page_views"] == ("visitors_per_need",)
    assert parts["source email_events"] == ("clicks_last_month_per_need",)


def test_a_network_takes_what_counts_its_posts_and_changes_what_is_read_of_all():
    read = ["instagram_posts", "instagram_posts_last_month_per_need", "facebook_posts", "tone", "price"]
    by = {part.name: part for part in components.components("launch", read)}
    assert {*by["Instagram"].features} == {"instagram_posts", "instagram_posts_last_month_per_need"}
    assert by["Instagram"].without == "without Instagram"
    assert {*by["social_posts"].features} == {*read[:4]} and by["social_posts"].without == AS_IS
    assert components.without_networks(["instagram", "facebook"]) == "without Facebook and Instagram"


@pytest.mark.parametrize("model", ["launch", "completion"])
def test_atoms_share_no_feature_and_make_up_every_source_and_family(model):
    every = [f.name for f in registry.features(model)]
    atoms = [{*part.features} for part in components.atoms(model, every)]
    assert sorted(name for atom in atoms for name in atom) == sorted(every)
    for part in components.components(model, every):
        assert all(atom <= {*part.features} or not atom & {*part.features} for atom in atoms)


def test_tables_that_nothing_else_reads_are_named_with_their_columns_about_people():
    by = {part.label: part for part in components.components("launch", [DRIVER, "price", "units_last_month"])}
    assert by["source survey_responses"].tables == ("survey_responses",)
    assert by["source survey_responses"].personal == components.personal_columns(["survey_responses"]) > 0
    assert by["source products"].tables == ()  # rows come from them, whatever is read


def test_steps_that_a_model_does_not_have_are_listed_by_what_they_would_add(found):
    assert added(found, "step", "feature selection")["verdict"] == NOT_USED
    assert "TPOT" not in set(found.added["component"])


def test_a_search_that_was_not_chosen_adds_exactly_nothing():
    said = pd.DataFrame(
        [(m, s, int(s > 0.5)) for m, score in (("margin", [0.2, 0.9]), ("tpot", [0.7, 0.1])) for s in score],
        columns=["model", "score", "decision"],
    )
    folds = pd.DataFrame([("margin", 0, 0.70), ("tpot", 0, 0.75)], columns=["model", "fold", "roc_auc"])
    (idle,) = steps.of_ladder(said, folds, {"margin", "tpot"}, margin=0.10)
    assert idle.used and (idle.whole.score == idle.without.score).all()
    (chosen,) = steps.of_ladder(said, folds, {"margin", "tpot"}, margin=0.01)
    assert chosen.whole.score.tolist() == [0.7, 0.1] and chosen.without.score.tolist() == [0.2, 0.9]


def test_the_threshold_by_value_is_held_against_the_one_that_tells_best(data):
    frame = data.frame.assign(hurdle=100.0, asked=100.0, margin_earned=np.where(data.frame["y"] == 1, 400.0, 50.0))
    money = Dataset("launch", frame, data.features)
    full = trial(Variant(learned.logistic(data.features, PARAMS), money), PARAMS)
    by = {part.name: part for part in steps.of_decisions(full, money.train)}
    places, said = (np.concatenate(part) for part in zip(*full.held_out, strict=True))
    balanced = thresholds.best_balanced(
        money.train["y"].to_numpy(dtype=int)[places], calibrated(said, full.calibration)
    )
    assert (by["threshold by value"].without.decision == (full.score >= balanced)).all()
    assert by["threshold by value"].whole.decision.sum() > by["threshold by value"].without.decision.sum()
    table = effects.added(
        paired.benches(money, PARAMS)["catalogue"], by["calibration"].whole, {}, list(by.values()), PARAMS.ablation
    )
    assert table.set_index("component").loc["threshold by value", "value_adds"] > 0


def test_trials_are_fitted_once_and_say_what_the_fitted_model_says(data):
    trials = Trials(PARAMS, "")
    model = learned.logistic(data.features, PARAMS)
    first = trials.of({"a": Variant(model, data)})["a"]
    assert trials.of({"a": Variant(None, None)})["a"] is first
    y = data.train["y"].to_numpy(dtype=int)
    np.testing.assert_array_equal(
        first.said, learned.logistic(data.features, PARAMS).fit(data.train, y).said(data.validate)
    )
    assert first.cost.features == 5 and first.cost.matrix_bytes == 8 * 5 * len(data.train)


def test_a_margin_model_that_is_settled_uses_the_penalty_of_the_full_one_on_each_set_of_rows(data):
    rows = data.train.assign(margin_earned=lambda t: 100.0 * np.exp(t[DRIVER]), hurdle=100.0)
    names = [DRIVER, "opinion", "tone"]
    rows = rows.assign(opinion=rows[DRIVER], tone=rows[WEAK])
    full = learned.MarginModel("margin", learned.margin(["opinion"], PARAMS).estimator, names)
    y = rows["y"].to_numpy(dtype=int)
    penalty = full.fit(rows, y).fitted_.regressor_.named_steps["model"].alpha_
    settled = full.settled([rows, rows.head(100)])
    less = settled.on(["tone"]).fit(rows, y)
    assert less.fitted_.regressor_.named_steps["model"].alpha == penalty
    np.testing.assert_allclose(settled.fit(rows, y).said(rows), full.said(rows), atol=1e-6)


def test_thinning_leaves_the_same_rows_in_every_table(data):
    other = Dataset("launch", data.frame.assign(**{WEAK: 0.0}), data.features)
    thin = refits.thinned({"one": data, "two": other, "same": data}, 50)
    assert thin["one"] is thin["same"]
    keys = ["product_id", "as_of"]
    for role in ("train", "validate"):
        one, two = (getattr(thin[name], role)[keys].to_numpy().tolist() for name in ("one", "two"))
        assert one == two and len(one) == 50
