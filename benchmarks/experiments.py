"""Whether results of experiments hold what they promise, where the truth is known.

``make experiments`` analyses 1,000 simulated experiments of a rate, a mean and a ratio with known effects, with and
without covariates, looks at 1,000 without an effect on each of 60 days, and loses units of an arm in 200. Then it
makes twenty companies of 3,000 people and analyses their experiments as notebook 09 does. It prints how often
intervals held the truth, by how much covariates narrowed them beside theory, how often anything seemed to be there
that was not, and how often a sample ratio mismatch stopped the analysis.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from seeds import company, home

from insights import store
from insights.certification import experiments as planted
from insights.experiments import SampleRatioError, analyse, core, sequential
from insights.experiments.registered import base_name

REPEATS, UNITS, LOOKS, SEEDS = 1_000, 2_000, 60, 20
EFFECTS = {"enrolled": 0.04, "amount": 4.0, "clicks / delivered": 0.02}
FORETOLD = 0.6  # correlation of the amount with that of before


def drawn(rng: np.random.Generator, planted_effects: bool) -> pd.DataFrame:
    """Return an experiment of ``UNITS`` people."""
    variant = rng.random(UNITS) < 0.5
    effect = variant * float(planted_effects)
    before = rng.gamma(2.0, 10.0, UNITS)
    noise = rng.normal(scale=np.sqrt(200 * (1 / FORETOLD**2 - 1)), size=UNITS)
    delivered = 1 + rng.poisson(5, UNITS)
    return pd.DataFrame(
        {
            "arm": np.where(variant, "variant", "none"), "amount_before": before,
            "amount": before + noise + EFFECTS["amount"] * effect,
            "enrolled": (rng.random(UNITS) < 0.1 + EFFECTS["enrolled"] * effect).astype(int), "delivered": delivered,
            "clicks": rng.binomial(delivered, 0.1 + EFFECTS["clicks / delivered"] * effect),
        }
    )  # fmt: skip


def simulated(rng: np.random.Generator) -> pd.DataFrame:
    """Return how often intervals hold the truth, and by how much covariates narrow them."""
    kinds = {"enrolled": "rate", "amount": "mean", "clicks / delivered": "ratio"}
    found = []
    for number in range(REPEATS):
        there = number % 2 == 0
        table = analyse(drawn(rng, there), "arm", "none", kinds, ["amount_before"])
        truth = table["metric"].map(EFFECTS) * there
        raw = (table["raw_low"] <= truth) & (truth <= table["raw_high"])
        held = (table["low"] <= truth) & (truth <= table["high"])
        found.append(table[["metric", "narrowed"]].assign(held=held, held_without_covariates=raw))
    return pd.concat(found).groupby("metric", sort=False).mean()


def peeking(rng: np.random.Generator) -> pd.Series:
    """Return how often an experiment without an effect ever seems to have one, looked at daily."""
    a_day = UNITS // LOOKS
    values = rng.exponential(size=(REPEATS, 2, LOOKS * a_day))
    n = a_day * np.arange(1, LOOKS + 1)
    sums, squares = (np.cumsum(each, axis=2)[:, :, a_day - 1 :: a_day] for each in (values, values**2))
    means = sums / n
    error = np.sqrt(((squares - n * means**2) / (n - 1) / n).sum(axis=1))
    difference, looked = means[:, 1] - means[:, 0], n >= sequential.FIRST
    beyond = {"one look": 1.96 * error, "always valid": sequential.half_width(error, np.sqrt(2 / n[-1]))}
    return pd.Series(
        {name: (np.abs(difference) > wide)[:, looked].any(axis=1).mean() for name, wide in beyond.items()}
    )


def mismatched(rng: np.random.Generator, lost: float) -> float:
    """Return how often an analysis is stopped where the variant loses a share of its units."""
    stopped = 0
    for _ in range(200):
        whole = pd.concat([drawn(rng, False) for _ in range(5)], ignore_index=True)
        kept = whole[(whole["arm"] == "none") | (rng.random(len(whole)) >= lost)]
        try:
            analyse(kept, "arm", "none", {"enrolled": "rate"})
        except SampleRatioError:
            stopped += 1
    return stopped / 200


def of_company(seed: int) -> pd.DataFrame:
    """Return the planted effects of a company beside those found."""
    with tempfile.TemporaryDirectory() as aside, home(Path(aside)):
        step, con = company(Path(aside), seed, {})
        (Path(aside) / "registers").mkdir()
        register = Path(__file__).parents[1] / "registers" / "experiments.yaml"
        (Path(aside) / "registers" / "experiments.yaml").write_text(register.read_text())
        step = store.open_step("09_experiments", step.params.window)
        return planted.beside(core.study(step, con).effects, step, con).assign(seed=seed)


def main() -> None:
    """Print what was found."""
    rng = np.random.default_rng(8)
    print(simulated(rng).round(4).to_string())
    print(f"theory of the narrowing of amount: {1 - np.sqrt(1 - FORETOLD**2):.4f}")
    print(f"seems to be there at any of {LOOKS} looks:\n{peeking(rng).to_string()}")
    for lost in (0.0, 0.1, 0.2):
        print(f"stopped where {lost:.0%} of the variant are lost: {mismatched(rng, lost):.3f}")
    found = []
    for seed in range(1, SEEDS + 1):
        found.append(of_company(seed))
        print(f"{seed} of {SEEDS} companies made", file=sys.stderr)
    every = pd.concat(found)
    every["name"] = every["experiment"].map(base_name)
    told = every.groupby("name").agg(experiments=("inside", "size"), inside=("inside", "sum"), right=("right", "sum"),
                                     truth=("truth", "mean"), found=("value", "mean"))  # fmt: skip
    print(told.round(4).to_string())
    print(every.groupby(["name", "verdict"]).size().to_string())


if __name__ == "__main__":
    main()
