"""Look-alikes: the same record twice, and the same again by the same person at once.

Both are found by sorting records beside those that could be the same. Few records have such a neighbour: one with
the same key, or of the same visitor at the same instant or within a moment. Only these are sorted, which changes no
answer and takes a fraction of the time and the memory.
"""

import ibis

from insights import contract

ROW, AGAIN, AT_ONCE = "row", "same again", "same at once"
SECONDS = {"page_views": 2, "survey_responses": 3_600}  # within which the same again is no second time
PLACES = {"page_views": ["anonymous_id", "url"], "survey_responses": ["learner_id", "product_id"]}
VISITORS = ("anonymous_id", "learner_id")


def marks(name: str, table: ibis.Table, columns: list[str]) -> ibis.Table:
    """Return the rows that are the same as an earlier one: ``ROW``, ``AGAIN``, and where it can be asked ``AT_ONCE``.

    Parameters
    ----------
    name : str
        Of the contract.
    table : ibis.Table
        With a column ``ROW`` that names each row.
    columns : list of str
        Those that tell its records apart.
    """
    key, happened = list(contract.TABLES[name].key), contract.TABLES[name].happened
    same = key or [happened, *(visitor for visitor in VISITORS if visitor in table.columns)]
    near = [_near(table, {column: table[column] for column in same})]
    places = PLACES.get(name, []) if {*PLACES.get(name, [])} <= {*table.columns} else []
    if places:
        # Two times less than so many seconds apart lie in one stretch of twice as many, or in one that begins later.
        second, apart = table[happened].epoch_seconds(), SECONDS[name]
        who, known = places[0], table[places[0]].notnull()
        for stretch in (second // (2 * apart), (second + apart) // (2 * apart)):
            near.append(_near(table, {who: table[who], "stretch": stretch}, known))
    few = table.semi_join(ibis.union(*near), ROW)
    found = {AGAIN: _again(few, key, columns)}
    if places:
        found[AT_ONCE] = _at_once(few, places, happened, columns, SECONDS[name]).fill_null(False)
    told = few.select(ROW, **found)
    return told.filter(ibis.or_(*(told[mark] for mark in found)))


def marked(table: ibis.Table, found: ibis.Table) -> ibis.Table:
    """Return a table with the marks of its rows beside it, from :func:`marks`."""
    marks = [column for column in found.columns if column != ROW]
    columns = [column for column in table.columns if column != ROW]
    joined = table.left_join(found, ROW)
    return joined.select(*columns, **{mark: joined[mark].fill_null(False) for mark in marks})


def _near(table, values, known=True):
    """Return the rows, of those that are known, that another has the same values as."""
    several = table.filter(known).group_by(**values).agg(rows=ibis._.count()).filter(ibis._.rows > 1)
    return table.semi_join(several, [value.identical_to(several[at]) for at, value in values.items()]).select(ROW)


def _again(few, key, columns):
    same = key or [column for column in columns if column != "recorded_at"]
    rest = [few[column] for column in columns if column not in same]
    window = ibis.window(group_by=[few[column] for column in same], order_by=[few.recorded_at, *rest])
    return ibis.row_number().over(window) > 0


def _at_once(few, places, happened, columns, seconds):
    at = few[happened]
    rest = [few[column] for column in columns if column not in (*places, happened)]
    earlier = ibis.window(group_by=[few[column] for column in places], order_by=[at, *rest])
    since = at.epoch_seconds() - at.lag().over(earlier).epoch_seconds()
    return ibis.and_(*(few[column].notnull() for column in places), since < seconds)
