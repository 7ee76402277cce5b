"""Information gaps: what the contract asks for, the source lacks, and what that switches off.

No source has every table. An analysis declares what it needs; a notebook asks :func:`missing_for` before it
starts and, where something is missing, says so in one sentence and goes on.
"""

import pandas as pd

NEEDS = {
    "launch": {
        "enrollments": ["product_id", "enrolled_at", "amount"],
        "products": ["launched_at"],
    },
    "launch by plan": {"products": ["monthly_hurdle"]},
    "launch of new products": {"products": ["announced_at", "monthly_hurdle"], "page_views": ["product_id"]},
    "completion": {
        "enrollments": ["learner_id", "completed_at"],
        "page_views": ["learner_id", "product_id"],
        "products": [],
    },
    "human baseline": {"panel_votes": ["vote"]},
    "voice of the customer": {"survey_responses": ["intent"]},
    "social view": {"social_posts": ["text", "product_id"]},
    "e-mail response": {"email_events": ["event", "product_id"]},
    "bias by person": {"protected": []},
    "experiments": {"assignments": ["arm"]},
    "community events": {"event_registrations": ["attended"], "events": ["topic"]},
    "submitted work": {"submissions": ["score"]},
}
FILLED = "here"


def missing_for(analysis: str, profile: pd.DataFrame) -> list[str]:
    """Return the tables and columns that an analysis needs and this source lacks; empty where none.

    Parameters
    ----------
    analysis : str
        A key of ``NEEDS``.
    profile : pandas.DataFrame
        From :func:`insights.dictionary.profile`.
    """
    status = profile.set_index(["table", "column"])["status"]
    lacking = []
    for table, columns in NEEDS[analysis].items():
        if (status[table] == "no table").all():
            lacking.append(table)
        else:
            lacking += [f"{table}.{column}" for column in columns if status[table, column] != FILLED]
    return lacking


def missing_for_model(model: str, hurdle: str, profile: pd.DataFrame) -> list[str]:
    """Return what the ``launch`` or ``completion`` model needs and this source lacks, the hurdle included."""
    by_plan = missing_for("launch by plan", profile) if (model, hurdle) == ("launch", "plan") else []
    return missing_for(model, profile) + by_plan


def register(profile: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps of a source: table, column or whole table, and the analyses that each switches off.

    Returns
    -------
    pandas.DataFrame
        ``gap, meaning, source, switches_off``; gaps that switch something off come first.
    """
    affected = _affected(profile)
    lacking = profile[profile["status"].isin(["no table", "absent", "empty"])]
    tables = lacking[lacking["status"] == "no table"].drop_duplicates("table")
    columns = lacking[lacking["status"] != "no table"]
    rows = [[r.table, "the whole table", r.source, affected.get(r.table, "")] for r in tables.itertuples()]
    rows += [
        [f"{r.table}.{r.column}", r.meaning, r.source, affected.get(f"{r.table}.{r.column}", "")]
        for r in columns.itertuples()
    ]
    found = pd.DataFrame(rows, columns=["gap", "meaning", "source", "switches_off"])
    order = found.assign(harmless=found["switches_off"] == "").sort_values(["harmless", "gap"], kind="stable")
    return order.drop(columns="harmless").reset_index(drop=True)


def _affected(profile):
    found = {}
    for analysis in NEEDS:
        for gap in missing_for(analysis, profile):
            found.setdefault(gap, []).append(analysis)
    return {gap: ", ".join(analyses) for gap, analyses in found.items()}
