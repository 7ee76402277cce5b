"""Predictions made by hand or by planted odds, as the tables of an evaluation take them."""

import numpy as np
import pandas as pd
from scipy.special import expit


def long(y, family=None, decisions=None, **scores) -> pd.DataFrame:
    """Return predictions of some models on the same rows; a decision is 1 from a score of one half on."""
    y = np.asarray(y, dtype=float)
    own = [f"F{i:03d}" for i in range(len(y))]
    rows = pd.DataFrame({"product_id": own, "family": own if family is None else family, "y": y})
    rows["kind"], rows["as_of"] = "catalogue", pd.Timestamp("2025-10-01")
    decisions = decisions or {}
    parts = []
    for name, score in scores.items():
        score = np.asarray(score, dtype=float)
        decision = np.asarray(decisions.get(name, score >= 0.5)).astype(int)
        parts.append(rows.assign(model=name, score=score, decision=decision))
    return pd.concat(parts, ignore_index=True)


def drawn(n: int, seed: int, sureness: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes and what is said of them: log odds that are ``sureness`` times the true ones."""
    rng = np.random.default_rng(seed)
    odds = rng.normal(size=n) * 1.5
    return (rng.random(n) < expit(odds)).astype(int), expit(sureness * odds)


def resampled(n: int, repeats: int = 60, seed: int = 1) -> np.ndarray:
    """Return how often each of n independent rows counts in each resample."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=repeats).astype("float32")


def once(n: int) -> np.ndarray:
    """Return resamples in which every row counts once, so that an interval is its value."""
    return np.ones((3, n), dtype="float32")
