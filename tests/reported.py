"""What notebook 11 of a window leaves: recommendations, the headline table and the results store."""

import pandas as pd

from insights.verdicts import LAUNCH


def advice(*verdicts, capacity=2, title="Product"):
    """Return recommendations with these verdicts, each of which brings 1,000 dollars more than the one before."""
    numbers = range(len(verdicts))
    frame = pd.DataFrame(
        {"product_id": [f"P{n}" for n in numbers], "title": [f"{title} {n}" for n in numbers], "verdict": verdicts}
    )
    go = frame["verdict"] == LAUNCH
    frame["place"] = go.cumsum().where(go).astype("float64")
    frame["within_capacity"] = frame["place"] <= capacity
    return frame.assign(expected_gain=[1000.0 * (n + 1) for n in range(len(frame))])


def headline(low=0.6, high=0.9, ahead=-0.1, auc=0.75, shuffled=0.7):
    """Return a chosen model, the panel and chance on thirty launches."""
    names = ["model", "value", "low", "high", "chosen", "ahead_low", "ahead_high"]
    rows = [
        ("margin", auc, low, high, True, 0.0, 0.0),
        ("panel", 0.65, 0.5, 0.8, False, ahead, 0.3),
        ("chance", 0.5, 0.3, 0.7, False, 0.0, 0.0),
    ]
    return pd.DataFrame(rows, columns=names).assign(question="launch", rows="launch", n=30, shuffled=shuffled)


def results(*records):
    """Return a results store in which the chosen model earned 300 dollars, and whatever else is given."""
    every = [
        {"name": "launch.chosen", "model": "margin", "value": 1.0},
        *({"name": "launch.value", "model": model, "value": value, "low": value - 10, "high": value + 10, "n": n,
           "by": {"rows": "launch", "split": "validation"}} for model, value, n in
          (("margin", 300.0, 9), ("panel", 200.0, 12), ("launch all", 100.0, 30))),
        *records,
    ]  # fmt: skip
    blank = {"by": {}, "low": None, "high": None, "n": None, "unit": ""}
    return pd.DataFrame([blank | one for one in every])
