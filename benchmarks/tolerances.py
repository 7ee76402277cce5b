"""Whether limits hold: companies made anew, with a disturbance exactly at the tolerance that was found.

``make tolerances`` finds, in a company of 30,000 people, the tolerance of two inputs of the completion model as
trained, with its interval, through three levels of three draws each. Then it makes worlds exactly there, and at both
ends of the interval: the same company with ten other draws of what is lost, and ten other companies of the same size,
each with a model of its own. Where the limit is right they lose there, on average, what the first company's model had
to lose: less at the lower end, more at the upper. Other companies tell, beyond that, how far a limit is that of one
company and one model.
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

PEOPLE, FIRST, OTHERS, DRAWS = 30_000, 100, range(101, 111), range(201, 211)
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


def main() -> None:
    """Print what worlds exactly at the limits lose, beside what the first company had to lose."""
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        con, one, params = made(Path(aside), FIRST)
        asked = found(con, one, params)
        print(asked[["disturbance", "tolerance", "low", "high", "breaks", "room"]].round(4).to_string(index=False))
        rows = [["again", *row] for draw in DRAWS for row in lost(con, one, asked, draw, params)]
    for seed in OTHERS:
        with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
            con, one, params = made(Path(aside), seed)
            rows += [["other companies", *row] for row in lost(con, one, asked, seed, params)]
        print(f"company {seed} made", file=sys.stderr)
    table = pd.DataFrame(rows, columns=["world", "seed", "disturbance", "place", "lost"])
    print(table.pivot(index=["world", "seed"], columns=["disturbance", "place"], values="lost").round(3).to_string())
    room = asked.set_index("disturbance")
    for (name, world), part in table.groupby(["disturbance", "world"], sort=False):
        mine = part.pivot(index="seed", columns="place", values="lost")
        mean, error = mine.mean(), 2.26 * mine.std() / np.sqrt(len(mine))  # Student, 9 degrees of freedom
        told = ", ".join(f"{mean[p]:.4f} (± {error[p]:.4f}) at {room.loc[name, p]:.3f}" for p in PLACES)
        print(f"{name}: {room.loc[name, 'breaks']} had {room.loc[name, 'room']:.4f} to lose; {world}: {told}")


def found(con, one, params) -> pd.DataFrame:
    """Return the finite limits of a company, with what its model had to lose of what breaks first."""
    asked, calm = params.specification.completion, one.measured(one.trial.score, one.trial.decision, False)[0]
    answers = responses.respond(con, one, INPUTS, params)
    table = limits.found(one, answers, asked, np.zeros(len(calm)))
    table = table[(table["mode"] == AS_TRAINED) & np.isfinite(table["high"])]
    had, spec = dict(zip(one.measures, calm, strict=True)), limits.specification(asked)
    return table.assign(room=[abs(had[name] - spec[name]) for name in table["breaks"]])


def lost(con, one, asked: pd.DataFrame, seed: int, params) -> list[list]:
    """Return what the measure that broke first loses at each limit and at its ends, with one draw of records."""
    by_name, rows = {each.name: each for each in INPUTS}, []
    calm = one.measured(one.trial.score, one.trial.decision, False)[0]
    for r in asked.itertuples():
        measure = one.measures.index(r.breaks)
        for place in PLACES:
            what = [(by_name[r.disturbance], getattr(r, place))]
            disturbed = responses.disturbed(con, one, what, seed, params).validate
            there = one.measured(one.model.score(disturbed), one.model.decide(disturbed), False)[0]
            rows.append([seed, r.disturbance, place, abs(calm[measure] - there[measure])])
    return rows


if __name__ == "__main__":
    main()
