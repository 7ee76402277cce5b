"""What each quarter's models promised, and what became of it in the quarter after, over the simulated company.

``make promises`` runs, of every quarter, what notebook 10 rests on, and notebook 10 itself, and writes into
docs/promises.md, for each quarter: ROC AUC and value that were promised and realised, which of them hold, what
drifts, what the written rule says, and whether the newest model was better.
"""

from pathlib import Path

import pandas as pd
from walk import LEGEND, quarters

from insights import paths, store
from insights.monitoring import walked
from insights.verdicts import DRIFTED

DOCUMENT = Path(__file__).parents[1] / "docs" / "promises.md"
STEP = "10_fresh_data"
SHOWN = ["window", "model", "rows", "promised", "realised", "realised_low", "realised_high", "verdict"]


def found(windows: list[str]) -> dict[str, pd.DataFrame]:
    """Return what notebook 10 of each window stored, each table by what it tells."""
    told = pd.concat([walked.of_window(window) for window in windows], ignore_index=True)
    measures = {"roc_auc": "ROC AUC, promised and realised", "value": "value as a share of hindsight's"}
    tables = {title: told.loc[told["measure"] == name, SHOWN] for name, title in measures.items()}
    inputs, decisions, fights = (_stored(windows, name) for name in (
        "table_10_2_inputs", "table_10_7_decisions", "table_10_6_fights"))  # fmt: skip
    drifted = inputs.assign(drifted=inputs["verdict"] == DRIFTED).groupby(["window", "model"], sort=False)["drifted"]
    return {
        **tables,
        "inputs that drift": drifted.agg(["size", "sum"]).reset_index(),
        "what the rule says": decisions[["window", "model", "decision", "why", "promotable"]],
        "what the newest model has over the one before": fights.drop(columns="n"),
    }


def _stored(windows, name):
    parts = [store.table(window, STEP, name) for window in windows]
    return pd.concat([p.assign(window=w) for p, w in zip(parts, windows, strict=True)], ignore_index=True)


def main() -> None:
    """Print what was found over all quarters that have been run, and write it down."""
    windows = [name for name in quarters() if (paths.step(name, STEP) / "results.json").exists()]
    revisions = {str(store.facts(window, STEP)["code_revision"]) for window in windows}
    parts = [
        f"# Promises\n\nWritten by `make promises` of {', '.join(windows)}, run at {', '.join(sorted(revisions))}."
    ]
    parts.append(LEGEND)
    for title, table in found(windows).items():
        shown = table.round(3).to_string(index=False)
        parts.append(f"## {title[0].upper()}{title[1:]}\n\n```\n{shown}\n```")
    document = "\n\n".join(parts) + "\n"
    DOCUMENT.write_text(document)
    print(document)


if __name__ == "__main__":
    main()
