"""What a window may read of a source: its own dates, and only what was known before its end."""

import datetime

import ibis

from insights import contract
from insights.collection.source import CollectionError


def shaped(name: str, raw: ibis.Table) -> ibis.Table:
    """Return a raw table with the contract's columns, in its order and types.

    Raises
    ------
    CollectionError
        For a table or column that the contract does not know, or a required column that is not there.
    """
    if name not in contract.TABLES:
        raise CollectionError(f"table {name} is not in the contract: {', '.join(contract.TABLES)}.")
    declared = contract.columns(name)
    unknown = sorted(set(raw.columns) - set(declared))
    absent = [column for column in contract.required(name) if column not in raw.columns]
    if unknown or absent:
        raise CollectionError(_misshapen(name, unknown, absent))
    present = [column for column in declared if column in raw.columns]
    return raw.select(**{column: raw[column].cast(declared[column].dtype) for column in present})


def restrict(spec: contract.Table, records: ibis.Table, start, end) -> ibis.Table:
    """Return the records a window may read.

    Parameters
    ----------
    spec : insights.contract.Table
    records : ibis.Table
    start, end : datetime.datetime
        The window, ``[start, end)``.

    Returns
    -------
    ibis.Table
        Of what happens at a moment: what happened within the window and was recorded before its end.
        Of what lasts: everything recorded before its end.
    """
    known = records.recorded_at < end
    if spec.entity:
        return records.filter(known)
    happened = records[spec.happened]
    return records.filter(happened >= start, happened < end, known)


def blanked(spec: contract.Table, records: ibis.Table, end: datetime.datetime) -> dict[str, ibis.Value]:
    """Return, by column, an expression that counts the values which the gateway to the past would blank.

    Raises
    ------
    CollectionError
        If a value that becomes known later comes without the column that tells when it did.
    """
    return {
        value: (records[value].notnull() & ~(records[recorded] < end).fill_null(False)).sum().fill_null(0)
        for value, recorded in _later(spec, records)
    }


def _later(spec, records):
    for value, recorded in spec.later.items():
        if value in records.columns:
            if recorded not in records.columns:
                raise CollectionError(
                    f"{spec.name}.{value} comes without {recorded}, so that nobody can tell when it was "
                    f"known. Provide {recorded}, or leave {value} out."
                )
            yield value, recorded


def _misshapen(name, unknown, absent):
    faults = [f"no column {column}" for column in absent]
    faults += [f"column {column}, which the contract does not know" for column in unknown]
    return f"table {name} of the source has {'; '.join(faults)}. See insights.contract for its columns."
