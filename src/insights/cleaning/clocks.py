"""Clocks: browsers whose clock is wrong, found by comparing it with that of the server.

A page view carries the time by the browser (when it happened) and by the server (when it was recorded). The shortest
lag between them is short for every browser, unless its clock is wrong: then it is off by whole hours, most often
because of a time zone.
"""

import ibis

HOUR = 3_600
FEWEST_VIEWS = 3  # so many views of a browser that is right do not all arrive late
LONGEST_LAG = 5_400  # seconds that the promptest of them takes at most


def hours_wrong(views: ibis.Table) -> ibis.Table:
    """Return the browsers whose clock is wrong, and by how many hours it has to be put forward.

    A clock that is ahead shows in any view that was recorded before it happened. One that is behind shows only where
    the source records at once: where nine in ten browsers have some view recorded within an hour and a half.

    Parameters
    ----------
    views : ibis.Table
        Page views with ``anonymous_id``.

    Returns
    -------
    ibis.Table
        ``anonymous_id`` and ``hours``, not 0.
    """
    seconds = views.recorded_at.epoch_seconds() - views.viewed_at.epoch_seconds()
    known = views.mutate(lag=seconds).filter(views.anonymous_id.notnull())
    browsers = known.group_by("anonymous_id").agg(least=known.lag.min(), views=known.count())
    often = browsers.filter(browsers.views >= FEWEST_VIEWS)
    late = (often.least > LONGEST_LAG).cast("int64").sum() * 10 > often.count()
    behind = (browsers.views >= FEWEST_VIEWS) & (browsers.least > LONGEST_LAG) & ~late.as_scalar()
    wrong = browsers.filter((browsers.least < 0) | behind)
    return wrong.select("anonymous_id", hours=(wrong.least / HOUR).floor().cast("int64")).filter(ibis._.hours != 0)
