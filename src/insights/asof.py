"""The gateway to the past: what was known at an instant, and nothing else.

Every feature reads records through this module. A *moment* is an ``as_of`` instant, alone or of a learner; a
record is seen at a moment only if it happened and was recorded strictly before it. What becomes known later
than its row (attendance, completion, withdrawal, launch) is blank until its own recording time has passed.
"""

import datetime
from dataclasses import dataclass

import ibis
import pandas as pd

from insights import contract


@dataclass(frozen=True)
class Moments:
    """Instants that are asked about.

    Attributes
    ----------
    engine : ibis.BaseBackend
    only : datetime.datetime or None
        The instant, where all are of the same.
    table : ibis.Table or None
        ``as_of``, and the identity that each is asked of, where they are asked of one; not made for a single instant.
    """

    engine: ibis.BaseBackend
    only: datetime.datetime | None = None
    table: ibis.Table | None = None


def moments(con: ibis.BaseBackend, rows: pd.DataFrame, identity: str | None = None) -> Moments:
    """Return the distinct moments of some rows: their ``as_of``, with the identity they are asked of.

    Parameters
    ----------
    con : ibis.BaseBackend
    rows : pandas.DataFrame
        With a column ``as_of``, and one named like the identity.
    identity : str, optional
        ``learner_id`` or ``product_id``; without it a moment sees everybody's records.
    """
    instants = rows["as_of"].unique()
    if len(instants) == 1:
        return Moments(con, only=pd.Timestamp(instants[0]).to_pydatetime())
    columns = [identity, "as_of"] if identity else ["as_of"]
    distinct = rows[columns].drop_duplicates(ignore_index=True)
    distinct = distinct.assign(as_of=distinct["as_of"].astype("datetime64[us]"))
    table = con.create_table(ibis.util.gen_name("moments"), obj=ibis.memtable(distinct), temp=True)
    return Moments(con, table=table)


def known(name: str, records: ibis.Table, at: Moments, lookback: ibis.Value | None = None) -> ibis.Table:
    """Return the records that were known at each moment, with the moment's ``as_of`` beside them.

    Parameters
    ----------
    name : str
        Table of the contract.
    records : ibis.Table
        Its records.
    at : Moments
        From :func:`moments`; with an identity a record meets only the moments of its own.
    lookback : ibis interval, optional
        How far back records are read; all of them where not given.

    Returns
    -------
    ibis.Table
        Columns of the table and ``as_of``; a record appears once for each moment that knows it. Where all moments
        are of one instant nothing is joined, which takes half the time, and records of identities that were not
        asked about may be among them.
    """
    spec = contract.entry(name)
    if at.only is not None:
        instant = ibis.literal(at.only, "timestamp(6)")
        seen = records.filter(_before(spec, records, instant, lookback)).mutate(as_of=instant)
    else:
        on = _before(spec, records, at.table.as_of, lookback)
        on += [records[identity] == at.table[identity] for identity in at.table.columns if identity != "as_of"]
        seen = records.join(at.table, on).select(*records.columns, at.table.as_of)
    return blank_unknown(spec, seen, seen.as_of)


def _before(spec, records, as_of, lookback):
    """Return the conditions under which a record was known at an instant."""
    happened = records[spec.happened]
    conditions = [happened < as_of, records.recorded_at < as_of]
    return conditions if lookback is None else [*conditions, happened >= as_of - lookback]


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
