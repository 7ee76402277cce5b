"""What planners said of recommendations, and how well they decide with them, in sentences and tables."""

import pandas as pd

from insights.display import tables
from insights.display.wording import Prose, bullets, count, interval, number, points, say, share
from insights.verdicts import HOLD, LAUNCH, NOT_ENOUGH

DECIDED, CAME_OUT = {1: "launch", 0: "do not launch"}, {1: "reached its hurdle", 0: "did not reach it"}
VERDICTS = {LAUNCH: "1: launch", HOLD: "0: do not launch", NOT_ENOUGH: NOT_ENOUGH}
_IN_TABLES = VERDICTS | {"all": "all"}


def agreement(table: pd.DataFrame) -> Prose:
    """Say how often planners agree.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`insights.planners.judgements.agreement`.
    """
    if table.empty:
        return say(
            "**No planner has judged a recommendation of this window yet.** make planner opens the pages for it."
        )
    r = table.iloc[0]
    return say(
        "**Planners agree with {share} of recommendations**: {judgements} by {planners}. Agreement does not tell who "
        "is right; launches that follow will.",
        share=interval(r["share"], r["low"], r["high"], "share"),
        judgements=count(int(r["judgements"]), "judgement"), planners=count(int(r["planners"]), "planner"),
    )  # fmt: skip


def judgement_tables(agree: pd.DataFrame, grounds: pd.DataFrame) -> list[tables.Table]:
    """Return agreement by verdict and reasons of disagreement as tables; none where nobody said anything."""
    found = []
    if len(agree):
        found.append(
            tables.show(
                agree.assign(verdict=agree["verdict"].map(_IN_TABLES)), "How often planners agree (95 % intervals)",
                name="table_11_3_agreement",
                columns=["verdict", "judgements", "planners", "agree", "share", "low", "high"],
                formats=dict.fromkeys(("share", "low", "high"), "share"),
            )
        )  # fmt: skip
    if len(grounds):
        found.append(
            tables.show(
                grounds.assign(verdict=grounds["verdict"].map(_IN_TABLES)), "Why planners disagree",
                name="table_11_4_grounds", columns=["verdict", "ground", "judgements", "planners"],
            )
        )  # fmt: skip
    return found


def invitation(cases: int) -> Prose:
    """Say to a planner what the trial is, before anything is asked."""
    return say(
        "You will see up to {cases} past launches as they were known before the launch, and decide on each: launch "
        "or not. In some you decide alone, in some with advice. **The advice may be wrong**; the last page says "
        "where, and how it all came out.", cases=number(cases),
    ) + say(
        "What is measured is how good decisions are and how far advice is followed, not you: no name is asked for. "
        "Each decision is kept with its time on this machine. Leave at any point."
    )  # fmt: skip


def debriefing(mine: pd.DataFrame) -> Prose:
    """Say to a planner how the decisions came out, and where advice was turned on purpose.

    Parameters
    ----------
    mine : pandas.DataFrame
        From :func:`insights.planners.trial.answers`, of one planner.
    """
    right = int((mine["decision"] == mine["y"]).sum())
    turned = mine[mine["advice"].notna() & (mine["advice"] != mine["said"])]
    followed = int((turned["decision"] == turned["advice"]).sum())
    return bullets(
        say("You decided {n}; {right} of them came out as you decided.", n=count(len(mine), "launch", "launches"),
            right=number(right)),
        say("In {n} the advice was the opposite of what the model had said, on purpose; in {followed} of these you "
            "decided as it advised.", n=count(len(turned), "task"), followed=number(followed)),
    )  # fmt: skip


def tasks(mine: pd.DataFrame, titles: pd.Series) -> tables.Table:
    """Return how each of a planner's tasks came out, and where advice was turned, as a table.

    Parameters
    ----------
    mine : pandas.DataFrame
        From :func:`insights.planners.trial.answers`, of one planner.
    titles : pandas.Series
        Of products, by their number.
    """
    advice = mine["advice"].map(DECIDED).fillna("none")
    rows = pd.DataFrame(
        {
            "task": mine["place"].astype(int), "product": mine["product_id"].map(titles).fillna(mine["product_id"]),
            "advice": advice.where(mine["advice"].isna() | (mine["advice"] == mine["said"]), advice + " (turned)"),
            "you decided": mine["decision"].map(DECIDED), "it": mine["y"].map(CAME_OUT),
        }
    )  # fmt: skip
    return tables.show(rows.sort_values("task"), "Your decisions, and how each came out")


def trial(quality: pd.DataFrame) -> Prose:
    """Say what advice does to the decisions of planners.

    Parameters
    ----------
    quality : pandas.DataFrame
        From :func:`insights.planners.trial.quality`.
    """
    judged = quality[quality["difference"].notna()]
    if judged.empty:
        return say("**Too few planners took part in the trial to say anything of it.**")
    told = []
    for r in judged.itertuples():
        sure = r.low > 0 or r.high < 0
        told.append(
            say(
                f"{{arm}}: {{right}} of decisions are right, {{apart}} against deciding alone (95 % interval {{low}} "
                f"to {{high}}), {'beyond chance' if sure else '**no difference shown**'}, by {{planners}}.",
                arm=r.arm.capitalize(), right=share(r.right), apart=points(r.difference), low=points(r.low),
                high=points(r.high), planners=count(int(r.planners), "planner"),
            )
        )  # fmt: skip
    return bullets(*told)


def trial_tables(quality: pd.DataFrame, reliance: pd.DataFrame) -> list[tables.Table]:
    """Return how well planners decide in each arm, and what advice does to it, as tables."""
    found = []
    if len(quality):
        found.append(
            tables.show(
                quality, "How well planners decide, by arm", name="table_11_5_trial",
                columns={"arm": "arm", "decisions": "decisions", "planners": "planners", "right": "right",
                         "gain": "gain a decision", "seconds": "median seconds", "difference": "against alone",
                         "low": "low", "high": "high"},
                formats={"right": "share", "gain": "money", **dict.fromkeys(("difference", "low", "high"), "points")},
            )
        )  # fmt: skip
    if len(reliance):
        found.append(
            tables.show(
                reliance, "What advice does to the share of right decisions, in percentage points",
                name="table_11_6_reliance",
                columns={"advice": "advice", "decisions": "decisions", "planners": "planners", "right": "right",
                         "right_alone": "right alone", "difference": "difference", "low": "low", "high": "high"},
                formats={"right": "share", "right_alone": "share",
                         **dict.fromkeys(("difference", "low", "high"), "points")},
            )
        )  # fmt: skip
    return found
