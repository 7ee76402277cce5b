"""Co-training against what else can be done with few labels: two views of many kinds, each from twenty seeds.

``make cotraining`` prints, for each kind of world, the ROC AUC of the supervised model on both views side by side and
what co-training, self-training and label spreading add to it on rows that none of them saw.
"""

import sys

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier

from insights.modeling.cotraining import UNLABELLED, CoTrainingClassifier
from insights.modeling.metrics import roc_auc

SEEDS, LABELLED, UNKNOWN, JUDGED, WIDTH = 20, 20, 500, 2_000, 8
TELLING = np.r_[np.full(3, 1 / np.sqrt(12)), np.zeros(WIDTH - 3)]


def _views(rng, first, second, share=0.35, mood=0.0, groups=0.0):
    """Return two views: how far each tells classes apart, what misleads both, and groups of no meaning in one."""
    rows = LABELLED + UNKNOWN + JUDGED
    y = (rng.random(rows) < share).astype(int)
    shared = mood * rng.normal(size=(rows, 1)) * (TELLING > 0)
    views = [
        np.outer(2 * y - 1, apart * TELLING) + rng.normal(size=(rows, WIDTH)) + shared for apart in (first, second)
    ]
    views[1] += groups * rng.choice([-1, 1], size=(rows, 1)) * (TELLING > 0)
    return views, y


def _copied(rng):
    views, y = _views(rng, 1.2, 1.2)
    return [views[0], views[0] + 0.1 * rng.normal(size=views[0].shape)], y


WORLDS = {
    "independent": lambda rng: _views(rng, 1.2, 1.2),
    "independent, clear": lambda rng: _views(rng, 2.2, 2.2),
    "independent, faint": lambda rng: _views(rng, 0.7, 0.7),
    "independent, few positives": lambda rng: _views(rng, 1.2, 1.2, share=0.15),
    "one view clear, one faint": lambda rng: _views(rng, 2.0, 0.6),
    "misled together": lambda rng: _views(rng, 1.2, 1.2, mood=0.8),
    "one view is noise": lambda rng: _views(rng, 1.2, 0.0),
    "one view has groups of no meaning": lambda rng: _views(rng, 1.2, 0.0, groups=2.0),
    "one view copies the other": _copied,
}


def main() -> None:
    """Print the table."""
    rows = []
    for name, make in WORLDS.items():
        rows += [{"world": name, **_compared(make, seed)} for seed in range(SEEDS)]
        print(f"{name}: done", file=sys.stderr)
    frame = pd.DataFrame(rows)
    methods = ["co-training", "self-training", "label spreading"]
    told = frame.groupby("world", sort=False).agg(
        supervised=("supervised", "mean"), weight=("weight", "mean"), **{m: (m, "mean") for m in methods},
        better=("co-training", lambda gains: f"{(gains > 0).sum()} of {len(gains)}"),
    )  # fmt: skip
    print(told.round(4).to_string())


def _compared(make, seed):
    """Return the ROC AUC of the supervised model, and what each method adds to it."""
    rng = np.random.default_rng([seed, 4])
    views, y = make(rng)
    seen, judged = slice(0, LABELLED + UNKNOWN), slice(LABELLED + UNKNOWN, None)
    told = _hidden(y[seen], rng)
    both, fresh = np.hstack(views), [x[judged] for x in views]
    model = CoTrainingClassifier(_learner(), _learner(), random_state=seed).fit([x[seen] for x in views], told)
    alone = roc_auc(y[judged], model.supervised_.predict_proba(both[judged])[:, 1])
    others = {
        "self-training": SelfTrainingClassifier(_learner(), threshold=0.8),
        "label spreading": make_pipeline(StandardScaler(), LabelSpreading(kernel="knn", n_neighbors=10)),
    }
    found = {"co-training": model.predict_proba(fresh)[:, 1]}
    found |= {name: m.fit(both[seen], told).predict_proba(both[judged])[:, 1] for name, m in others.items()}
    gains = {name: roc_auc(y[judged], score) - alone for name, score in found.items()}
    return {"supervised": alone, "weight": model.weight_, **gains}


def _hidden(y, rng):
    """Return the labels with all but twenty hidden, at least three of each class among these."""
    while True:
        kept = rng.choice(len(y), LABELLED, replace=False)
        if 3 <= y[kept].sum() <= LABELLED - 3:
            told = np.full(len(y), UNLABELLED)
            told[kept] = y[kept]
            return told


def _learner():
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, solver="newton-cholesky"))


if __name__ == "__main__":
    main()
