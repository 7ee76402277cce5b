"""The gateway to the past: what was known at an instant, and nothing else.

Every feature reads records through this module. A *moment* is an ``as_of`` instant, alone or of a learner; a
record is seen at a moment only if it happened and was recorded strictly before it. What becomes known later
than its row (attendance, completion, withdrawal, launch) is blank until its own recording time has passed.
"""

import datetime

import ibis
import pandas as pd

from insights import contract


def moments(con: ibis.BaseBackend, rows: pd.DataFrame, identity: str | None = None) -> ibis.Table:
    """Return the distinct moments of some rows: their ``as_of``, with the identity they are asked of.

    Parameters
    ----------
    con : ibis.BaseBackend
    rows : pandas.DataFrame
        With a column ``as_of``, and one named like the identity.
    identity : str, optional
        ``learner_id`` or ``product_id``; without it a moment sees everybody's records.
    """
    columns = [identity, "as_of"] if identity else ["as_of"]
    distinct = rows[columns].drop_duplicates(ignore_index=True)
    distinct = distinct.assign(as_of=distinct["as_of"].astype("datetime64[us]"))
    return con.create_table(ibis.util.gen_name("moments"), obj=ibis.memtable(distinct), temp=True)


def known(name: str, records: ibis.Table, at: ibis.Table, lookback: ibis.Value | None = None) -> ibis.Table:
    """Return the records that were known at each moment, with the moment's ``as_of`` beside them.

    Parameters
    ----------
    name : str
        Table of the contract.
    records : ibis.Table
        Its records.
    at : ibis.Table
        Moments, from :func:`moments`; with an identity a record meets only the moments of its own.
    lookback : ibis interval, optional
        How far back records are read; all of them where not given.

    Returns
    -------
    ibis.Table
        Columns of the table and ``as_of``; a record appears once for each moment that knows it.
    """
    spec = contract.entry(name)
    happened = records[spec.happened]
    on = [happened < at.as_of, records.recorded_at < at.as_of]
    if lookback is not None:
        on.append(happened >= at.as_of - lookback)
    on += [records[identity] == at[identity] for identity in at.columns if identity != "as_of"]
    joined = records.join(at, on).select(*records.columns, at.as_of)
    return blank_unknown(spec, joined, joined.as_of)


def blank_unknown(spec: contract.Table, records: ibis.Table, instant: ibis.Value | datetime.datetime) -> ibis.Table:
    """Return the records with blanks where a value, and its recording time, became known at ``instant`` or after it.

    Parameters
    ----------
    spec : insights.contract.Table
    records : ibis.Table
        With the recording time of each value that becomes known later, where it has the value.
    instant : ibis value or datetime.datetime
    """
    blanks = {}
    for value, recorded in spec.later.items():
        if value in records.columns:
            known = records[recorded] < instant
            for column in (value, recorded):
                blanks[column] = ibis.ifelse(known, records[column], ibis.null(records[column].type()))
    return records.mutate(**blanks) if blanks else records
