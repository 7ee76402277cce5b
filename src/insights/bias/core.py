"""Who is served worse, by how much, and whether the model makes it so.

The check by person looks at the completion model: outcomes and errors by group, what features tell of groups, what
moves when the model is fitted with protected attributes or without their proxies, what those who declare nothing may
hide. Of the launch model, whose rows are products, it asks whose interest a recommended catalogue serves.
"""

from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd

from insights import cleaning, contract, dictionary, gaps, lineage, parallel, paths, warehouse
from insights.bias import audience, bounds, groups, measures, mitigation, null, origins, propagation, proxies, trend
from insights.bias.groups import NOT_DECLARED
from insights.features import protected, registry
from insights.modeling import saved
from insights.modeling.dataset import load
from insights.modeling.trials import Trials
from insights.params import Params
from insights.progress import report
from insights.rows import CATALOGUE, LAUNCH
from insights.store import Step
from insights.verdicts import EXCLUDED, GAP_SHOWN, PROXIED, UNKNOWN, USED


@dataclass(frozen=True)
class Study:
    """What notebook 07 shows.

    Attributes
    ----------
    used : list of str
        Protected attributes among the features of either model.
    lacking : list of str
        What the source lacks for a check by person.
    tables : dict of str to pandas.DataFrame
        What was found, by the name it is cited by; empty tables where the source does not support a check.
    trend : pandas.DataFrame
        From :func:`insights.bias.trend.slopes`: it rests on which windows have been run, and is stored nowhere.
    over_windows : pandas.DataFrame
        From :func:`insights.bias.trend.over_windows`.
    asked : insights.bias.mitigation.Asked or None
        Whose gap mitigations were tried on.
    """

    used: list[str]
    lacking: list[str]
    tables: dict[str, pd.DataFrame]
    trend: pd.DataFrame
    over_windows: pd.DataFrame
    asked: mitigation.Asked | None = field(default=None)

    @property
    def groups(self) -> pd.DataFrame:
        """Outcomes and errors by group of what people declared of themselves."""
        return self.tables["table_7_1_groups"]


def study(step: Step, con: ibis.BaseBackend) -> Study:
    """Return who is served worse, by how much, and whether the model makes it so; stored and recorded."""
    params, profile = step.params, dictionary.of(step.params.window)
    lacking = gaps.missing_for("bias by person", profile)
    lacking += gaps.missing_for_model("completion", params.launch.hurdle, profile)
    tables = cleaning.tables(con, params.window)
    declared = _declared(con, params) if paths.protected(params.window).exists() else None
    where = groups.places(_people(tables), params.split)
    used = [name for model in ("launch", "completion") for name in used_as_features(model, _read(params, model))]
    found, asked = {}, None
    if not lacking:
        found, asked = _by_person(params, declared, where)
    found["table_7_12_audience"] = _audience(params, tables, declared, where)
    kept = {
        name: step.table(name, found.get(name, pd.DataFrame(columns=columns))) for name, columns in TABLES.items()
    }
    windows = lineage.earlier(params)
    over = trend.over_windows(windows, kept["table_7_1_groups"], params)
    slopes = trend.slopes(over)
    _record(step, used, kept)
    step.note(gaps_over_windows={"windows": windows, "slopes": slopes.to_dict("records")})
    return Study(used, lacking, kept, slopes, over, asked)


def used_as_features(model: str, columns: list[str]) -> list[str]:
    """Return those of a model's features that are protected attributes or are computed from their table."""
    names = set(contract.columns("protected")) - {"learner_id", "declared_at", "recorded_at"}
    return [f.name for f in registry.features(model, columns) if f.name in names or "protected" in f.sources]


def detected(used: list[str], told: pd.DataFrame, alone: pd.DataFrame, attributes: list[str]) -> pd.DataFrame:
    """Return of each protected attribute whether a model reads it, or its features tell it.

    Parameters
    ----------
    used : list of str
        From :func:`used_as_features`.
    told, alone : pandas.DataFrame
        From :class:`insights.bias.proxies.Proxies`.
    attributes : list of str

    Returns
    -------
    pandas.DataFrame
        ``attribute, verdict, features`` (that are computed from it)``, roc_auc`` (with which features together tell
        the group that they tell best)``, proxies`` (features that alone tell a group beyond the margin).
    """
    rows = []
    for attribute in attributes:
        read = [name for name in used if protected.OF.get(name, name) == attribute]
        mine = told[told["attribute"] == attribute]
        verdicts = set(mine["verdict"])
        verdict = USED if read else PROXIED if PROXIED in verdicts else UNKNOWN
        if not read and verdicts == {EXCLUDED}:
            verdict = EXCLUDED
        tell = alone.loc[alone["proxy"].astype(bool) & (alone["attribute"] == attribute), "feature"].unique()
        rows.append([attribute, verdict, ", ".join(read), mine["roc_auc"].max(), ", ".join(tell)])
    return pd.DataFrame(rows, columns=TABLES["table_7_2_detected"])


def _by_person(params, declared, where):
    """Return the checks of the completion model, by the name of their table, and whose gap was to be closed."""
    model = saved.load(paths.model(params.window, "completion"))
    both = groups.intersections(declared)
    rows = _judged(params.window, model.name, [declared, both, where], params)
    found = _outcomes(rows, {"1_groups": list(declared), "3_both": list(both), "4_places": list(where)}, params)
    caused, asked = _causes(model, declared, found["table_7_1_groups"], params)
    return found | caused, asked


def _outcomes(rows, attributes, params):
    """Return outcomes and errors by group, and what they are to be read against."""
    report("completion: outcomes and errors by group of people")
    every = [one for some in attributes.values() for one in some]
    measured = dict(zip(every, parallel.each(_Measure(rows, params), every, params.compute), strict=True))
    found = {
        f"table_7_{name}": pd.concat([pd.DataFrame(columns=measures.COLUMNS), *(measured[one] for one in some)],
                                     ignore_index=True)
        for name, some in attributes.items()
    }  # fmt: skip
    report("completion: what chance alone would show, where gaps come from, what silence may hide")
    declared, places = attributes["1_groups"], attributes["4_places"]
    found["table_7_5_chance"] = _joined([null.largest(rows, one, params) for one in [*declared, *places]])
    found["table_7_6_origins"] = _joined([origins.divided(rows, one, params) for one in [*declared, *places]])
    found["table_7_7_bounds"] = _joined([bounds.of_recall(rows, one, params) for one in declared])
    return found


def _causes(model, declared, table, params):
    """Return what features tell of groups, what moves in refits, and what mitigations would do."""
    dataset, attributes = load(params.window, "completion"), list(declared)
    report("completion: what the features tell of groups")
    known = dataset.train.join(declared, on="learner_id").fillna(dict.fromkeys(attributes, NOT_DECLARED))
    told = proxies.find(known, model.features, attributes, params)
    used = used_as_features("completion", model.features)
    report("completion: refitting with protected attributes, and without proxies")
    trials = Trials(params, "")
    moved = propagation.study(model, dataset, declared, told.features, used, trials, params)
    found = {
        "table_7_2_detected": detected(used, told.told, told.alone, attributes), "table_7_8_told": told.told,
        "table_7_9_proxies": told.alone, "table_7_10_refits": moved.models, "table_7_11_moved": moved.gaps,
        "table_7_13_flips": moved.flips,
    }  # fmt: skip
    target = _widest(table)
    if target is None:
        return found, None
    report("completion: what mitigations would do, and cost")
    train, validate = (
        data["learner_id"].map(declared[target[0]]).fillna(NOT_DECLARED) for data in (dataset.train, dataset.validate)
    )
    asked = mitigation.Asked(*target, train, validate)
    offered = mitigation.offer(model, dataset, trials.known[propagation.AS_IS], asked, params)
    return found | {"table_7_14_mitigations": offered}, asked


@dataclass(frozen=True)
class _Measure:
    rows: pd.DataFrame
    params: Params

    def __call__(self, attribute):
        names = ["learner_id", "y", "score", "decision", attribute]
        return measures.by_group(self.rows[names], attribute, self.params)


def _widest(table):
    """Return attribute and group with the widest gap in recall, of those that are shown, or of all where none is."""
    recall = table[(table["measure"] == "recall") & (table["group"] != NOT_DECLARED) & table["gap"].notna()]
    shown = recall[recall["verdict"] == GAP_SHOWN]
    chosen = shown if len(shown) else recall
    if chosen.empty:
        return None
    row = chosen.loc[chosen["gap"].abs().astype("float64").idxmax()]
    return row["attribute"], row["group"]


def _audience(params, tables, declared, where):
    """Return whose interest the products serve that the launch model calls 1, against all that it decided on."""
    path = paths.predictions(params.window, "launch")
    if not path.exists():
        return pd.DataFrame(columns=audience.COLUMNS)
    predictions = pd.read_parquet(path)
    chosen = saved.load(paths.model(params.window, "launch")).name
    mine = predictions[(predictions["model"] == chosen) & predictions["kind"].isin([CATALOGUE, LAUNCH])]
    called = mine.groupby("product_id")["decision"].mean()
    report("launch: whose interest the products serve that are called 1")
    people = audience.of_products(tables, sorted(called.index))
    known = [frame for frame in (declared, where) if frame is not None and len(frame.columns)]
    if not known or people.empty:
        return pd.DataFrame(columns=audience.COLUMNS)
    joined = pd.concat(known, axis=1).fillna(NOT_DECLARED)
    return audience.served(people, called, joined, params)


def _declared(con, params):
    table = warehouse.read(con, paths.protected(params.window)).order_by("learner_id").to_pandas()
    return groups.attributes(table)


def _people(tables):
    if "learners" not in tables:
        return pd.DataFrame({"learner_id": pd.Series(dtype="str")})
    learners = tables["learners"]
    columns = [name for name in ("learner_id", "country") if name in learners.columns]
    return learners.select(*columns).order_by("learner_id").to_pandas()


def _read(params, model):
    dataset = load(params.window, model)
    return [] if dataset is None else dataset.features


def _judged(window, chosen, frames, params):
    """Return what the chosen model says of validation rows, with the groups of each person."""
    predictions = pd.read_parquet(paths.predictions(window, "completion"))
    rows = predictions[predictions["model"] == chosen].reset_index(drop=True)
    for frame in frames:
        rows = rows.join(frame, on="learner_id")
        rows = rows.fillna(dict.fromkeys(frame.columns, NOT_DECLARED))
    if "language" in rows:
        rows["language"] = groups.common(rows["language"], params.bias.smallest_group)
    return rows


def _joined(parts):
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _record(step, used, kept):
    step.record("bias.protected_features", len(used), unit="features")
    for name, recorded in GAPS.items():
        for r in kept[name][kept[name]["measure"].notna()].dropna(subset="gap").itertuples():
            by = {"attribute": r.attribute, "group": r.group, "measure": r.measure}
            low, high = (None if np.isnan(bound) else bound for bound in (r.gap_low, r.gap_high))
            step.record(recorded, r.gap, low=low, high=high, n=r.n, model="completion", by=by)
    for r in kept["table_7_8_told"].itertuples():
        by = {"attribute": r.attribute, "group": r.group}
        step.record("bias.told_by_features", r.roc_auc, low=r.low, high=r.high, n=r.n, model="completion", by=by)
    for r in kept["table_7_12_audience"].itertuples():
        by = {"attribute": r.attribute, "group": r.group}
        step.record("bias.audience", r.difference, low=r.low, high=r.high, n=r.products, model="launch", by=by)


# What each table of outcomes and errors is recorded as: by what was declared, by two attributes, by place.
GAPS = {"table_7_1_groups": "bias.gap", "table_7_3_both": "bias.gap_of_two", "table_7_4_places": "bias.gap_of_place"}
# What is stored, by the name it is cited by, with its columns where there is nothing to say.
TABLES = {
    "table_7_1_groups": measures.COLUMNS,
    "table_7_2_detected": ["attribute", "verdict", "features", "roc_auc", "proxies"],
    "table_7_3_both": measures.COLUMNS,
    "table_7_4_places": measures.COLUMNS,
    "table_7_5_chance": null.COLUMNS,
    "table_7_6_origins": origins.COLUMNS,
    "table_7_7_bounds": bounds.COLUMNS,
    "table_7_8_told": proxies.TOLD,
    "table_7_9_proxies": proxies.ALONE,
    "table_7_10_refits": propagation.MODELS,
    "table_7_11_moved": propagation.GAPS,
    "table_7_12_audience": audience.COLUMNS,
    "table_7_13_flips": propagation.FLIPS,
    "table_7_14_mitigations": mitigation.COLUMNS,
}
