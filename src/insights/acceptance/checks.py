"""Checks: acceptance tests that a window's own results answer.

Each check is handed the window's files and returns whether it holds and what shows it, or None where the source has
nothing that it could be asked of, such as candidates.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import pyarrow.parquet as pq

from insights import contract, paths, store
from insights.params import Params
from insights.verdicts import HOLD, LAUNCH, NOT_ENOUGH, TOO_FEW

FIRST_SCREEN = ("launch.recommended", "launch.value", "launch.roc_auc", "gates.met")
COMPARED = ("chance", "panel", "survey")


@dataclass(frozen=True)
class Checked:
    """Whether a check holds, and what shows it."""

    holds: bool
    shown: str


@dataclass(frozen=True)
class Window:
    """What checks are asked of: a window whose notebooks before the report have run.

    Attributes
    ----------
    params : Params
    results : pandas.DataFrame
        The results store.
    headline : pandas.DataFrame
        From :func:`insights.report.headline`.
    """

    params: Params
    results: pd.DataFrame
    headline: pd.DataFrame

    def table(self, step: str, name: str) -> pd.DataFrame | None:
        """Return a table of a notebook; None where the source does not support what it is about."""
        return store.table_if_there(self.params.window, step, name)


def _first_screen(asked: Window) -> Checked | None:
    if _advice(asked) is None:
        return None
    lacking = [name for name in FIRST_SCREEN if not (asked.results["name"] == name).any()]
    return Checked(not lacking, f"records {', '.join(FIRST_SCREEN)}" if not lacking else f"no {', '.join(lacking)}")


def _zero_or_one(asked: Window) -> Checked | None:
    advice = _advice(asked)
    if advice is None:
        return None
    whole = advice["verdict"].isin([LAUNCH, HOLD, NOT_ENOUGH]) & advice["probability"].between(
        advice["low"], advice["high"]
    )
    return Checked(bool(whole.all()), f"table_5_9_recommendations: {whole.sum()} of {len(whole)} candidates")


def _baselines(asked: Window) -> Checked | None:
    rows = asked.headline[(asked.headline["question"] == "launch") & (asked.headline["rows"] == "launch")]
    if not rows["chosen"].any():
        return None
    there = [name for name in COMPARED if (rows["model"] == name).any()]
    told = rows.loc[rows["model"].isin(set(there) - {"chance"}), ["ahead_low", "ahead_high"]].notna().all(axis=None)
    return Checked("chance" in there and len(there) > 1 and bool(told), f"table_11_2_headline: {', '.join(there)}")


def _reasons(asked: Window) -> Checked | None:
    advice, reasons = _advice(asked), asked.table("05_modeling", "table_5_13_reasons")
    similar = asked.table("05_modeling", "table_5_15_similar")
    if advice is None or reasons is None or similar is None:
        return None
    told = advice["product_id"].isin(reasons.loc[reasons["text"].str.len() > 0, "product_id"])
    alike = advice["product_id"].isin(similar["product_id"])
    return Checked(
        bool((told & alike).all()), f"table_5_13_reasons: {(told & alike).sum()} of {len(advice)} candidates"
    )


def _flips(asked: Window) -> Checked | None:
    advice, flips = _advice(asked), asked.table("05_modeling", "table_5_14_flips")
    if advice is None or flips is None:
        return None
    each = flips.groupby("product_id")["signal"].nunique().reindex(advice["product_id"], fill_value=0)
    whole = each == flips["signal"].nunique()
    return Checked(bool(whole.all()), f"table_5_14_flips: {whole.sum()} of {len(whole)} candidates")


def _no_look_ahead(asked: Window) -> Checked | None:
    facts, split = store.facts(asked.params.window, "05_modeling"), pd.Timestamp(asked.params.split)
    seen = {name: rows for name, rows in facts.items() if name.endswith("_rows_seen")}
    if not seen:
        return None
    early = all(
        pd.Timestamp(rows["train"]["last_resolved_at"]) <= split <= pd.Timestamp(rows["validate"]["first_as_of"])
        for rows in seen.values()
    )
    return Checked(early, f"manifest.json: {', '.join(seen)}")


def _conserved(asked: Window) -> Checked | None:
    ledger = asked.table("02_data_cleaning", "table_2_1_ledger")
    if ledger is None or ledger.empty:
        return None
    kept = ledger["rows_in"] == ledger["rows_out"] + ledger["set_aside"]
    follows = ledger.groupby("table")["rows_out"].shift().fillna(ledger["rows_in"]) == ledger["rows_in"]
    n = ledger["table"].nunique()
    return Checked(bool((kept & follows).all()), f"table_2_1_ledger: {len(ledger)} steps over {n} tables")


def _no_identities(asked: Window) -> Checked:
    every = paths.window(asked.params.window).rglob("*.parquet")
    # Tables in months are folders of that name; in folders named tables lies what was found, and no record.
    files = sorted(file for file in every if file.is_file() and file.parent.name != "tables")
    dropped = set(contract.DROPPED)
    found = sorted({f"{file.name}: {name}" for file in files for name in dropped & set(pq.read_schema(file).names)})
    return Checked(not found, "; ".join(found) or f"{len(files)} files of records")


def _small_groups(asked: Window) -> Checked | None:
    groups = asked.table("07_bias_checks", "table_7_1_groups")
    if groups is None or groups.empty:
        return None
    few, least = groups["verdict"] == TOO_FEW, asked.params.privacy.smallest_group
    shown = groups.loc[few, ["value", "low", "high"]].notna().any(axis=None) or (groups["n"] < least).any()
    return Checked(not shown, f"table_7_1_groups: {few.sum()} of {len(groups)} rows have too few people")


def _alerts(asked: Window) -> Checked | None:
    alerts = asked.table("08_tolerance", "table_8_7_alerts")
    if alerts is None or alerts.empty:
        return None
    whole = alerts["alert"].notna()
    return Checked(bool(whole.all()), f"table_8_7_alerts: {whole.sum()} of {len(whole)} inputs")


def _advice(asked):
    advice = asked.table("05_modeling", "table_5_9_recommendations")
    return None if advice is None or advice.empty else advice


CHECKS: dict[str, Callable[[Window], Checked | None]] = {
    "first-screen": _first_screen, "zero-or-one": _zero_or_one, "baselines": _baselines, "reasons": _reasons,
    "flips": _flips, "no-look-ahead": _no_look_ahead, "conserved": _conserved, "no-identities": _no_identities,
    "small-groups": _small_groups, "alerts": _alerts,
}  # fmt: skip
