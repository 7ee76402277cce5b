"""What each analysis needs, and what of it a source lacks.

An analysis declares what it needs; a notebook asks :func:`missing_for` before it starts and, where something is
missing, says so in one sentence and goes on.
"""

from collections.abc import Iterable

import pandas as pd

NEEDS = {
    "launch": {"enrollments": ["product_id", "enrolled_at", "amount"], "products": ["launched_at"]},
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


def lacking(models: Iterable[str], hurdle: str, profile: pd.DataFrame) -> dict[str, list[str]]:
    """Return what each model needs and this source lacks, by model; empty lists where it lacks nothing."""
    return {model: missing_for_model(model, hurdle, profile) for model in models}


def affected(profile: pd.DataFrame) -> dict[str, str]:
    """Return, by gap, the analyses that it switches off, in words."""
    found = {}
    for analysis in NEEDS:
        for gap in missing_for(analysis, profile):
            found.setdefault(gap, []).append(analysis)
    return {gap: ", ".join(analyses) for gap, analyses in found.items()}


def resting_on(table: str, column: str) -> list[str]:
    """Return the analyses that need a column."""
    return [analysis for analysis, needs in NEEDS.items() if column in needs.get(table, [])]
