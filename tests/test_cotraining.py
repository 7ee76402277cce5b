"""Co-training: what it asks for and keeps, how it behaves, and when it stays out of the way."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from insights.modeling import cotraining, probabilities
from insights.modeling.cotraining import CoTrainingClassifier, _best_round
from insights.modeling.metrics import roc_auc


def learner():
    return LogisticRegression(C=0.1, solver="newton-cholesky")


def cotrainer(**changes):
    brief = {"n_iterations": 12, "n_repeats": 3, "random_state": 0}
    return CoTrainingClassifier(learner(), learner(), **(brief | changes))


def scaled():
    """Return one whose learners take sparse matrices."""
    model = make_pipeline(StandardScaler(with_mean=False), LogisticRegression(C=0.1, max_iter=500))
    return cotrainer().set_params(estimator_1=model, estimator_2=model, n_iterations=4)


def two_views(seed, rows=900, second=1.3, share=0.4):
    """Return two views that are independent given the class, the second as telling as asked for, and the classes."""
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < share).astype(int)
    views = [
        np.outer(2 * y - 1, np.r_[np.full(3, telling / np.sqrt(12)), np.zeros(5)]) + rng.normal(size=(rows, 8))
        for telling in (1.3, second)
    ]
    return views, y


def hidden(y, seed, known=20, least=4):
    """Return the labels with all but a few hidden, at least so many of each class left."""
    rng = np.random.default_rng(seed)
    kept = np.concatenate([rng.permutation(np.flatnonzero(y == c))[:least] for c in np.unique(y)])
    more = rng.permutation(np.setdiff1d(np.arange(len(y)), kept))[: known - len(kept)]
    told = np.full(len(y), -1)
    told[np.r_[kept, more]] = y[np.r_[kept, more]]
    return told


def gain(seed, **world):
    """Return by how much co-training is better than the supervised model, on rows that neither saw, and the model."""
    views, y = two_views(seed, rows=1_900, **world)
    seen, judged = slice(0, 400), slice(400, None)
    told = hidden(y[seen], seed)
    model = cotrainer().fit([x[seen] for x in views], told)
    fresh = [x[judged] for x in views]
    alone = model.supervised_.predict_proba(np.hstack(fresh))[:, 1]
    return roc_auc(y[judged], model.predict_proba(fresh)[:, 1]) - roc_auc(y[judged], alone), model


# What it is for.


def test_two_independent_views_with_few_labels_are_told_apart_better_together():
    gains = np.array([gain(seed)[0] for seed in range(8)])
    assert (gains > 0).sum() >= 6 and gains.mean() > 0.01


def test_a_view_that_tells_nothing_leaves_the_supervised_model_as_it_is():
    found = [gain(seed, second=0.0) for seed in range(6)]
    assert np.mean([change for change, _ in found]) > -0.01
    assert np.mean([model.weight_ for _, model in found]) < 0.5


def test_halves_of_handwritten_digits_teach_each_other():
    digits = load_digits()
    chosen = np.isin(digits.target, (3, 8))
    pixels, y = digits.images[chosen], (digits.target[chosen] == 8).astype(int)
    views = [pixels[:, :4].reshape(len(y), -1), pixels[:, 4:].reshape(len(y), -1)]
    scores, alone = [], []
    for seed in range(4):
        told = hidden(y, seed, known=8)
        model = cotrainer(random_state=seed).fit(views, told)
        rest = told == -1
        scores.append(roc_auc(y[rest], model.predict_proba([x[rest] for x in views])[:, 1]))
        alone.append(roc_auc(y[rest], model.supervised_.predict_proba(np.hstack(views)[rest])[:, 1]))
    assert np.mean(scores) >= np.mean(alone)
    assert "is used" in model.verdict_ and model.weight_ == 1


# What it keeps of scikit-learn's ways.


@pytest.fixture(scope="module")
def fitted():
    views, y = two_views(1, rows=400)
    told = hidden(y, 1)
    return views, y, told, cotrainer().fit(views, told)


def test_a_clone_has_the_same_parameters_and_is_not_fitted(fitted):
    copy = clone(fitted[3])
    assert copy.get_params()["n_iterations"] == 12 and copy.set_params(positives=2).positives == 2
    with pytest.raises(NotFittedError):
        copy.predict_proba(fitted[0])


def test_the_same_state_gives_the_same_probabilities_and_leaves_its_input_and_numpy_alone(fitted):
    views, _, told, model = fitted
    before = [x.copy() for x in views]
    np.random.seed(5)  # noqa: NPY002
    expected = np.random.RandomState(5).random_sample()
    again = cotrainer().fit(views, told)
    np.testing.assert_array_equal(model.predict_proba(views), again.predict_proba(views))
    assert all((x == kept).all() for x, kept in zip(views, before, strict=True))
    assert np.random.random_sample() == expected  # noqa: NPY002


def test_probabilities_add_up_and_the_likelier_class_is_predicted(fitted):
    views, _, _, model = fitted
    chances = model.predict_proba(views)
    assert chances.shape == (400, 2) and ((chances > 0) & (chances < 1)).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    assert (model.predict(views) == model.classes_[chances.argmax(axis=1)]).all()


@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csr_array, lambda x: pd.DataFrame(x, columns=[f"f{j}" for j in range(8)])]
)
def test_sparse_matrices_and_frames_are_views_like_arrays(fitted, kind):
    views, _, told, _ = fitted
    other = [kind(x) for x in views]
    mixed = [views[0], other[1]]
    dense, found = (scaled().fit(v, told).predict_proba(v) for v in (views, other))
    np.testing.assert_allclose(found, dense, atol=1e-6)
    if sparse.issparse(other[1]):
        np.testing.assert_allclose(scaled().fit(mixed, told).predict_proba(mixed), dense, atol=1e-6)


def test_names_of_classes_change_nothing_but_the_names(fitted):
    views, _, told, model = fitted
    named = np.select([told == 1, told == 0], [7, 3], -1)
    other = cotrainer().fit(views, named)
    assert other.classes_.tolist() == [3, 7]
    np.testing.assert_array_equal(other.predict_proba(views), model.predict_proba(views))
    assert set(other.history_["label"]) == {3, 7}


def test_estimators_that_are_given_are_not_fitted_themselves(fitted):
    with pytest.raises(NotFittedError):
        fitted[3].estimator_1.predict(fitted[0][0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda views, told: (views[0], told), "list of two views"),
        (lambda views, told: ([*views, views[0]], told), "list of two views"),
        (lambda views, told: ([views[0], views[1][:-1]], told), "400 and 399 rows"),
        (lambda views, told: (views, told[:-1]), "400 rows in the views and 399 labels"),
        (lambda views, told: (views, np.where(told == 0, -1, told)), "hold 1 classes"),
        (lambda views, told: (views, np.where(np.arange(400) < 3, 2, told)), "hold 3 classes"),
    ],
)
def test_what_cannot_be_co_trained_is_refused_in_words(fitted, change, message):
    views, told = change(fitted[0], fitted[2])
    with pytest.raises(ValueError, match=message):
        cotrainer().fit(views, told)


def test_numbers_below_one_are_refused():
    views, y = two_views(0, rows=50)
    with pytest.raises(ValueError, match="at least 1"):
        cotrainer(pool_size=0).fit(views, hidden(y, 0))


# What it does on the way.


def test_only_unlabelled_rows_are_taught_each_once_a_run_and_never_more_than_half(fitted):
    _, _, told, model = fitted
    assert (told[model.history_["row"].to_numpy()] == -1).all()
    assert not model.history_.duplicated(["repeat", "row"]).any()
    assert model.history_.groupby("repeat").size().max() <= (told == -1).sum() / 2 + 1
    assert model.history_["confidence"].between(0.5, 1).mean() > 0.8


def test_the_half_that_audits_is_never_taught_however_long_it_goes_on(fitted):
    views, _, told, _ = fitted
    model = cotrainer(n_iterations=90, n_repeats=1, pool_size=400).fit(views, told)
    assert 0.7 * (told == -1).sum() / 2 < len(model.history_) <= (told == -1).sum() / 2


def test_rows_that_the_views_dispute_are_taught_by_neither():
    class Reader:
        def predict_proba(self, x):
            return np.column_stack([1 - x[:, 0], x[:, 0]])

    x = np.linspace(0.1, 0.8, 8)[:, None]
    calls = {
        name: cotrainer()._calls([Reader(), Reader()], [x, other], np.arange(8), 0.5, np.random.default_rng(0))
        for name, other in (("alike", x), ("opposed", 0.9 - x))
    }
    assert calls["opposed"] == []
    assert [(row, label) for _, row, label, _ in calls["alike"]] == [(6, 1), (7, 1), (0, 0), (1, 0)]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_what_is_added_keeps_the_balance_of_the_labels(share):
    views, y = two_views(3, rows=900, share=share)
    told = hidden(y, 3, known=60)
    model = cotrainer(n_iterations=20, positives=2, negatives=6).fit(views, told)
    assert model.history_["label"].mean() == pytest.approx(told[told >= 0].mean(), abs=0.07)


def test_a_pool_of_few_rows_looks_at_others_than_a_pool_of_all(fitted):
    views, _, told, model = fitted
    wide = cotrainer(pool_size=1_000).fit(views, told)
    assert wide.history_["confidence"].mean() > model.history_["confidence"].mean()


def test_the_share_taught_rightly_is_counted_by_view_and_round(fitted):
    _, y, _, model = fitted
    found = model.taught_right(y)
    right = model.history_["label"].to_numpy() == y[model.history_["row"].to_numpy()]
    assert (found["taught"] * found["right"]).sum() == pytest.approx(right.sum())
    assert set(found["teacher"]) == {1, 2} and found["taught"].sum() == len(model.history_)


def test_without_unlabelled_rows_the_supervised_model_answers_and_says_so():
    views, y = two_views(2, rows=80)
    model = cotrainer().fit(views, y)
    assert model.weight_ == 0 and model.pairs_ == [] and model.verdict_.startswith("Co-training is not used: 0 unl")
    alone = model.supervised_.predict_proba(np.hstack(views))[:, 1]
    assert (np.argsort(alone) == np.argsort(model.predict_proba(views)[:, 1])).all()


def test_one_labelled_row_of_a_class_is_too_few_to_check_anything():
    views, y = two_views(2, rows=200)
    told = hidden(y, 2, known=8)
    told[np.flatnonzero(told == 1)[1:]] = -1
    model = cotrainer().fit(views, told)
    assert model.weight_ == 0 and "too few labelled" in model.verdict_
    assert np.isnan(model.assumptions_["roc_auc_1"])


def test_views_that_err_together_are_told_by_their_dependence_within_classes():
    rng = np.random.default_rng(0)
    views, y = two_views(0, rows=500)
    mood = 1.5 * rng.normal(size=(500, 1)) * (np.arange(8) < 3)
    together = [x + mood for x in views]
    apart, shared = (cotrainer().fit(v, hidden(y, 0, known=150)).assumptions_ for v in (views, together))
    assert abs(apart["dependence"]) < 2.5 * apart["dependence_error"]
    assert shared["dependence"] > 4 * shared["dependence_error"]
    assert apart["roc_auc_1"] > 0.6


def test_views_that_tell_the_classes_clearly_are_not_called_dependent_for_that():
    rng = np.random.default_rng(2)
    y = rng.integers(0, 2, size=400)
    clear = [np.outer(2 * y - 1, np.r_[1.0, np.zeros(7)]) + rng.normal(size=(400, 8)) for _ in range(2)]
    found = cotrainer(n_repeats=1, n_iterations=1).fit(clear, hidden(y, 2, known=200)).assumptions_
    assert min(found["roc_auc_1"], found["roc_auc_2"]) > 0.85
    assert abs(found["dependence"]) < 2.5 * found["dependence_error"]


def test_teaching_stops_only_where_more_of_it_is_surely_worse():
    better = np.array([[1.0, 1.1, 0.9], [0.5, 0.6, 0.4], [0.4, 0.5, 0.3]])
    assert _best_round(better) == 2
    drifts = np.array([[1.0, 1.1, 0.9], [0.5, 0.6, 0.4], [2.0, 2.1, 2.05]])
    assert _best_round(drifts) == 1
    unsure = np.array([[1.0, 1.1, 0.9], [0.5, 0.6, 0.4], [0.0, 2.1, 0.05]])
    assert _best_round(unsure) == 2


def test_stopping_at_a_round_is_the_same_as_asking_for_no_more_rounds(fitted, monkeypatch):
    views, _, told, _ = fitted
    monkeypatch.setattr(cotraining, "_best_round", lambda loss: 2)
    stopped, brief = (cotrainer(n_iterations=rounds).fit(views, told) for rounds in (12, 2))
    assert stopped.weight_ > 0 and stopped.rounds_ == 2
    np.testing.assert_allclose(stopped.predict_proba(views), brief.predict_proba(views))


def test_calibration_turns_log_odds_that_are_too_sure_back_and_leaves_nonsense_alone():
    rng = np.random.default_rng(0)
    score = rng.normal(size=5_000)
    y = (rng.random(5_000) < 1 / (1 + np.exp(-score))).astype(int)
    slope, intercept = probabilities.line(3 * score, y)
    assert slope == pytest.approx(1 / 3, abs=0.03) and intercept == pytest.approx(0, abs=0.1)
    assert probabilities.line(-score, y) == (1.0, 0.0) and probabilities.line(score, np.ones(5_000)) == (1.0, 0.0)
