"""Whether limits hold: companies made anew, with a disturbance exactly at the tolerance that was found.

``make tolerances`` finds, in a company of 30,000 people, the tolerance of two inputs of the completion model as
trained, with its interval, through three levels of three draws each. Then it makes ten other companies of the same
size, each with a model of its own, and disturbs them exactly at the limit and at both ends of its interval. Where the
limit is right, they lose there, on average, what the first company's model had to lose: less at the lower end, more
at the upper.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from seeds import company, home

from insights import cleaning
from insights.features import build
from insights.modeling import learned
from insights.modeling.dataset import from_frame
from insights.tolerance import kit, limits, responses
from insights.tolerance.disturbances import DISTURBANCES
from insights.verdicts import AS_TRAINED

PEOPLE, FIRST, OTHERS = 30_000, 100, range(101, 111)
INPUTS = [one for one in DISTURBANCES if one.name in ("lost_submissions", "lost_sales")]
PRECISION = {"levels": 3, "seeds": 3, "rows": 20_000, "resamples": 500}
PLACES = ("low", "tolerance", "high")


def made(aside: Path, seed: int) -> tuple:
    """Return the connection, the completion model's kit and the parameters of a company of one seed."""
    step, con = company(aside, seed, {"people": PEOPLE}, tolerance=PRECISION)
    tables = cleaning.tables(con, step.params.window)
    _, frame = build.build_completion(con, tables, step.params)
    dataset = from_frame("completion", frame)
    model = learned.logistic(dataset.features, step.params)
    return con, kit.kit(con, "completion", dataset, model, tables, step.params), step.params


def found() -> pd.DataFrame:
    """Return the finite limits of the first company, with what its model had to lose of what breaks first."""
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        con, one, params = made(Path(aside), FIRST)
        asked, calm = params.specification.completion, one.measured(one.trial.score, one.trial.decision, False)[0]
        answers = responses.respond(con, one, INPUTS, params)
        table = limits.found(one, answers, asked, np.zeros(len(calm)))
    table = table[(table["mode"] == AS_TRAINED) & np.isfinite(table["high"])]
    had, spec = dict(zip(one.measures, calm, strict=True)), limits.specification(asked)
    return table.assign(room=[abs(had[name] - spec[name]) for name in table["breaks"]])


def lost(seed: int, asked: pd.DataFrame) -> list[list]:
    """Return what the measure that broke first loses at each limit, and at its ends, in the company of one seed."""
    by_name, rows = {one.name: one for one in INPUTS}, []
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        con, one, params = made(Path(aside), seed)
        calm = one.measured(one.trial.score, one.trial.decision, False)[0]
        for r in asked.itertuples():
            measure = one.measures.index(r.breaks)
            for place in PLACES:
                what = [(by_name[r.disturbance], getattr(r, place))]
                disturbed = responses.disturbed(con, one, what, seed, params).validate
                there = one.measured(one.model.score(disturbed), one.model.decide(disturbed), False)[0]
                rows.append([seed, r.disturbance, place, abs(calm[measure] - there[measure])])
    return rows


def main() -> None:
    """Print what other companies lose at the limits of the first, beside what it had to lose."""
    asked, rows = found(), []
    print(asked[["disturbance", "tolerance", "low", "high", "breaks", "room"]].round(4).to_string(index=False))
    for seed in OTHERS:
        rows += lost(seed, asked)
        print(f"company {seed} made", file=sys.stderr)
    table = pd.DataFrame(rows, columns=["seed", "disturbance", "place", "lost"])
    print(table.pivot(index="seed", columns=["disturbance", "place"], values="lost").round(3).to_string())
    for r in asked.itertuples():
        mine = table[table["disturbance"] == r.disturbance].pivot(index="seed", columns="place", values="lost")
        mean, error = mine.mean(), 2.26 * mine.std() / np.sqrt(len(mine))  # Student, 9 degrees of freedom
        print(f"{r.disturbance}: {r.breaks} had {r.room:.3f} to lose, other companies lose " + ", ".join(
            f"{mean[p]:.3f} (± {error[p]:.3f}) at {getattr(r, p):.3f}" for p in PLACES))  # fmt: skip


if __name__ == "__main__":
    main()
