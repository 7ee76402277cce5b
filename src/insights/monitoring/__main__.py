"""Deployment by make: put models into use, go back, print every decision, or let a challenger run in the shadow."""

import argparse
import sys

from insights import journals, params
from insights.monitoring import deployed, shadow

REFUSED, DAMAGED = 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Carry out a decision; return the exit code: 2 if it was refused, 3 if a model in use is damaged, else 0."""
    parser = argparse.ArgumentParser(prog="insights.monitoring", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    promote = actions.add_parser("promote", help="put a window's models into use")
    promote.add_argument("window")
    rollback = actions.add_parser("rollback", help="go back to the models before")
    for action in (promote, rollback):
        action.add_argument("--model", default="")
        action.add_argument("--why", default="")
    actions.add_parser("log", help="print all decisions")
    beside = actions.add_parser("shadow", help="write down what both models say of a window's candidates")
    beside.add_argument("window")
    given = parser.parse_args(arguments)
    try:
        match given.action:
            case "log":
                return _log()
            case "shadow":
                return _shadow(params.load(given.window))
        return _decide(given)
    except (params.ParameterError, deployed.DeploymentError, journals.JournalError) as error:
        print(error, file=sys.stderr)
        return REFUSED


def _decide(given):
    models = [given.model] if given.model else list(deployed.MODELS)
    if given.action == deployed.PROMOTE:
        window = params.load(given.window).window
        made = deployed.promote(window, models, given.why)
        for doubt in deployed.doubts(window, [one["model"] for one in made]):
            print(f"{doubt} make rollback takes this back.", file=sys.stderr)
    else:
        made = deployed.rollback(models, given.why)
        for model in sorted({*models} - {one["model"] for one in made}):
            print(f"{model}: stays as it is, for there is none before it.", file=sys.stderr)
    for one in made:
        print(f"{one['model']}: the model of {one['window']} is in use (decision {one['number']}: {one['action']}).")
    return 0


def _shadow(asked):
    told = shadow.run(asked)
    wide = told.pivot(index="product_id", columns="role", values="decision")
    apart = int((wide[shadow.CHAMPION] != wide[shadow.CHALLENGER]).sum())
    print(f"{asked.window}: what both say of {len(wide)} candidates is written down; they disagree on {apart}.")
    return 0


def _log():
    decisions = deployed.log()
    if decisions.empty:
        print("No model has been promoted yet.")
        return 0
    print(decisions.drop(columns="sha256").to_string(index=False))
    broken = []
    for model in deployed.MODELS:
        now = deployed.in_use(model)
        if now is not None and not deployed.is_intact(model, now["sha256"]):
            broken.append(model)
        told = "none" if now is None else f"that of {now['window']}"
        damage = ", but its file is gone or was changed: promote it again" if model in broken else ""
        print(f"{model}: {told} in use{damage}")
    return DAMAGED if broken else 0


if __name__ == "__main__":
    sys.exit(main())
