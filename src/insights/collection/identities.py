"""The boundary that no identity passes: keyed pseudonyms for people, scrubbed words for what people type.

Only distinct values leave the table engine; what replaces them is joined back inside it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import ibis
import pyarrow as pa

from insights import contract, privacy, texts
from insights.collection.source import CollectionError

ADDRESSES = ("url", "referrer")
_SCHEME = re.compile(r"^[\w+.-]+://(?:[^/?#@]*@)?")
_ADDRESS = r"[^\s/?&=@]+(?:@|%40)[^\s/?&=@]+\.[^\s/?&=@]+"


def pseudonyms(kind: str, values: Iterable[str], key: bytes) -> list[str]:
    """Return the pseudonym of each identifier of a kind, such as ``learner_id``, in order.

    An identifier maps to the same pseudonym in every table, but a learner and a panelist of the same number
    do not share one. An e-mail address that serves as identifier counts the same in capitals.
    """
    return privacy.pseudonyms((f"{kind}:{_normal(value)}" for value in values), key)


def known_names(raw: Mapping[str, ibis.Table]) -> frozenset[str]:
    """Return the full names of a source's learners and authors, as :func:`insights.privacy.scrub` wants them."""
    places = [("learners", "name"), ("social_posts", "author")]
    return privacy.full_names(
        texts.repaired(name) or ""
        for table, column in places
        if table in raw and column in raw[table].columns
        for name in _distinct([raw[table][column]])
    )


@contextmanager
def replacements(
    con: ibis.BaseBackend, tables: Mapping[str, ibis.Table], key: bytes, names: frozenset[str]
) -> Iterator[dict[tuple[str, str], ibis.Table]]:
    """Hold, in the engine, what replaces every identifying or typed value of the tables.

    Yields
    ------
    dict of (str, str) to ibis.Table
        By table and column, a table of ``value`` and ``replacement``. They are dropped on leaving: they are what
        leads from a pseudonym back to a person.
    """
    made: list[ibis.Table] = []

    def hold(columns, replace):
        made.append(_lookup(con, _distinct(columns), replace))
        return made[-1]

    try:
        yield _identifiers(tables, key, hold) | _typed(tables, names, hold)
    finally:
        for lookup in made:
            con.drop_table(lookup.op().name)


def protect(name: str, records: ibis.Table, held: Mapping[tuple[str, str], ibis.Table]) -> ibis.Table:
    """Return records without what identifies a person.

    Parameters
    ----------
    name : str
        Table of the contract.
    records : ibis.Table
    held : mapping
        From :func:`replacements`.

    Returns
    -------
    ibis.Table
        Identifiers are pseudonyms; dropped columns are gone; typed words are scrubbed; addresses of pages end
        before their query and name nobody known; of a referrer only the site is left; an e-mail address is gone from
        any other text.
    """
    kept = [column for column in records.columns if column not in contract.DROPPED]
    private = records.select(kept)
    for column in kept:
        if (name, column) in held:
            private = _replaced(private, column, held[name, column])
    others = [column for column in _texts(private) if (name, column) not in held]
    return private.mutate(**{column: _cleaned(private, column) for column in others}).select(kept)


def require_no_addresses(name: str, counts: Mapping[str, int]) -> None:
    """Refuse identifiers of things, such as a product's, that hold e-mail addresses.

    Parameters
    ----------
    name : str
        Table of the contract.
    counts : mapping of str to int
        From :func:`addresses`, evaluated.

    Raises
    ------
    CollectionError
    """
    for column, rows in counts.items():
        if rows:
            raise CollectionError(
                f"{name}.{column}: {rows} rows hold an e-mail address, which must not pass as the name of a "
                "thing. Map a column that identifies nobody."
            )


def addresses(name: str, records: ibis.Table) -> dict[str, ibis.Value]:
    """Return, by identifier of a thing, an expression that counts the values with an e-mail address in them."""
    things = [c for c in _texts(records) if c.endswith("_id") and c not in contract.pseudonymised(name)]
    return {c: _holds_address(records[c]).fill_null(False).sum().fill_null(0) for c in things}


def _normal(value):
    value = value.strip()
    return value.casefold() if "@" in value else value


def _identifiers(tables, key, hold):
    kinds: dict[str, list[str]] = {}
    for name, records in tables.items():
        for kind in contract.pseudonymised(name):
            if kind in records.columns:
                kinds.setdefault(kind, []).append(name)
    held = {}
    for kind, names in kinds.items():
        lookup = hold([tables[n][kind] for n in names], lambda values, k=kind: pseudonyms(k, values, key))
        held |= {(name, kind): lookup for name in names}
    return held


def _typed(tables, names, hold):
    def scrubbed(values):
        return [_scrubbed(value, names) for value in values]

    def located(values):
        return [privacy.scrub_names(_without_query(value), names) for value in values]

    ways = {
        name: dict.fromkeys(contract.typed(name), scrubbed) | {"url": located, "referrer": _sites} for name in tables
    }
    return {
        (name, column): hold([records[column]], way)
        for name, records in tables.items()
        for column, way in ways[name].items()
        if column in records.columns
    }


def _scrubbed(text, names):
    """Scrub a text; one that gives somebody away only as it was meant, without damage, is kept as it was meant."""
    meant = texts.repaired(text)
    if meant not in (None, text):
        clean = privacy.scrub(meant, names)
        if clean != meant:
            return clean
    return privacy.scrub(text, names)


def _without_query(address):
    return re.sub(_ADDRESS, "[e-mail]", re.split("[?#]", address)[0])


def _sites(referrers):
    """Return where visits came from: of another site its name alone, of one's own the path."""
    return [_without_query(r) if r.startswith("/") else re.split("[/?#]", _SCHEME.sub("", r))[0] for r in referrers]


def _distinct(columns) -> list[str]:
    parts = [column.name("value").as_table().distinct() for column in columns]
    values = ibis.union(*parts, distinct=True) if len(parts) > 1 else parts[0]
    return values.filter(values.value.notnull()).to_pyarrow()["value"].to_pylist()


def _lookup(con, values: list[str], replace: Callable[[list[str]], list[str]]) -> ibis.Table:
    text = pa.string()
    content = {"value": pa.array(values, text), "replacement": pa.array(replace(values), text)}
    return con.create_table(ibis.util.gen_name("replacement"), obj=pa.table(content), temp=True)


def _replaced(records, column, lookup):
    others = [name for name in records.columns if name != column]
    joined = records.left_join(lookup, records[column] == lookup.value)
    return joined.select(*others, lookup.replacement.name(column))


def _texts(records):
    return [name for name, dtype in records.schema().items() if dtype.is_string()]


def _cleaned(records, column):
    text = records[column]
    return ibis.ifelse(_holds_address(text), text.re_replace(_ADDRESS, "[e-mail]"), text)


def _holds_address(text):
    """Tell whether a text holds an e-mail address, with a cheap look first: nearly none does."""
    suspect = text.contains("@") | text.contains("%40")
    return ibis.ifelse(suspect, text.re_search(_ADDRESS), False)
