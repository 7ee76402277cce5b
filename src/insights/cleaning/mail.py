"""Mail: how people answer newsletters, counted with and without what machines did."""

import ibis
import pandas as pd

from insights import contract

RATES = ("opened", "opened_by_people", "clicked", "clicked_by_people")


def response(events: ibis.Table) -> pd.DataFrame:
    """Return how many of the delivered messages were opened and clicked, with machines and without.

    Parameters
    ----------
    events : ibis.Table
        Clean e-mail events, with ``human_probability``.

    Returns
    -------
    pandas.DataFrame
        A row per newsletter: ``newsletter, delivered`` (messages) and, as shares of them, ``opened, opened_by_people,
        clicked, clicked_by_people``. A message counts once; by people with the probability that a person did it.
    """
    events = contract.complete("email_events", events)
    asked = events.filter(events.newsletter.notnull(), events.event.isin(["delivered", "opened", "clicked"]))
    messages = asked.group_by("newsletter", "learner_id", "campaign").agg(
        delivered=(asked.event == "delivered").any(),
        opened=(asked.event == "opened").any(), opened_by_people=_likeliest(asked, "opened"),
        clicked=(asked.event == "clicked").any(), clicked_by_people=_likeliest(asked, "clicked"),
    )  # fmt: skip
    arrived = messages.filter(messages.delivered)
    counts = arrived.group_by("newsletter").agg(
        delivered=arrived.count(), **{name: arrived[name].cast("decimal(18, 2)").sum() for name in RATES}
    )
    frame = counts.order_by("newsletter").to_pandas()
    shares = {name: frame[name].astype(float) / frame["delivered"] for name in RATES}
    return frame.assign(**shares)[["newsletter", "delivered", *RATES]]


def _likeliest(events, event):
    probability = ibis.ifelse(events.event == event, events.human_probability, ibis.literal(0).cast("decimal(3, 2)"))
    return probability.max()
