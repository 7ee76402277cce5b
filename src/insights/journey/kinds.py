"""Kinds of journeys: people in groups by what they did, with names that a marketer would use."""

import ibis
import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import StandardScaler
from statsmodels.stats.proportion import proportion_confint

from insights.params import Params

MOST, LOOKED_AT = 20_000, 3_000  # people that groups are found among, and that their number is judged by
NUMBERS = range(3, 7)
STANDS_OUT = 0.5  # standard deviations above the mean, from which an activity names a group
NAMES = {
    "visit": "browsers", "click in an e-mail": "newsletter readers", "registration for an event": "event planners",
    "attendance": "community members", "enrollment": "course buyers", "completion": "finishers",
}  # fmt: skip
QUIET = "quiet"
COLUMNS = ["kind", "people", "part", "enrolled", "completed", "low", "high"]


def counts(done: ibis.Table) -> pd.DataFrame:
    """Return how often each person did what: a row per person, a column per activity, in the order of pseudonyms."""
    counted = done.group_by("learner_id", "activity").agg(n=done.count()).order_by("learner_id").to_pandas()
    return counted.pivot(index="learner_id", columns="activity", values="n").fillna(0).sort_index()


def found(people: pd.DataFrame, params: Params) -> pd.DataFrame:
    """Return the kinds of journeys among people.

    Groups are those of k-means on the logarithms of counts, standardised; their number, three to six, is the one with
    the greatest silhouette. A group is named after what it does more of than others, by half a standard deviation at
    least.

    Parameters
    ----------
    people : pandas.DataFrame
        From :func:`counts`.
    params : Params

    Returns
    -------
    pandas.DataFrame
        ``kind, people, part`` (of all), ``enrolled`` (mean number of enrollments), ``completed`` (share with a
        completion), ``low, high`` (95 %, Wilson), and the mean number of each activity; largest first.
        Groups of fewer people than ``privacy.smallest_group`` are not shown.
    """
    if len(people) < 10 * max(NUMBERS):
        return pd.DataFrame(columns=COLUMNS)
    scaler = StandardScaler()
    sample = people if len(people) <= MOST else people.sample(MOST, random_state=params.modeling.seed)
    scaled = scaler.fit_transform(np.log1p(sample))
    model = _best(scaled, params.modeling.seed)
    of = model.predict(scaler.transform(np.log1p(people)))
    names = _names(model.cluster_centers_, list(people.columns))
    table = people.groupby(of).mean().assign(people=np.bincount(of, minlength=len(names)), kind=names)
    done = people.get("completion", pd.Series(0, index=people.index)) > 0
    completed = done.groupby(of).sum()
    low, high = proportion_confint(completed, table["people"], method="wilson")
    table = table.assign(
        part=table["people"] / len(people), completed=completed / table["people"], low=low, high=high,
        enrolled=table.get("enrollment", 0.0),
    )  # fmt: skip
    table = table[table["people"] >= params.privacy.smallest_group].sort_values("people", ascending=False)
    return table[[*COLUMNS, *people.columns]].reset_index(drop=True)


def _best(scaled, seed):
    few = scaled[: min(len(scaled), LOOKED_AT)]
    fitted = [KMeans(number, n_init=4, random_state=seed).fit(scaled) for number in NUMBERS]
    return max(fitted, key=lambda model: silhouette_score(few, model.predict(few)))


def _names(centres, activities):
    """Name each group after the activity that stands out most; where two share it, the less keen one says so."""
    names = []
    for centre in centres:
        place = int(np.argmax(centre))
        names.append(NAMES[activities[place]] if centre[place] >= STANDS_OUT else QUIET)
    for name in set(names):
        same = sorted((place for place, other in enumerate(names) if other == name), key=lambda p: -centres[p].max())
        for rank, place in enumerate(same[1:], start=1):
            names[place] = f"{name}, less active" if rank == 1 else f"{name}, less active still ({rank})"
    return names
