"""Erasure: people who withdrew their consent, or asked to be erased, are in nothing that is collected.

Their identifiers or e-mail addresses stand in ``secrets/withdrawn.txt``, one a line, outside version control. The
list is read at every collection, so that every later run of any window is without them; make sees when it changed.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import ibis
import pyarrow as pa

from insights import paths
from insights.collection import contacts
from insights.collection.source import CollectionError, Exclusion

_COMMENT = re.compile(r"(?:^|\s)#")  # a#b@example.org is an address
WHY = "withdrawn: they took back their consent or asked to be erased"


def files() -> list[Path]:
    """Return the list of the withdrawn where there is one."""
    file = paths.withdrawn()
    return [file] if file.exists() else []


def withdrawn() -> list[str]:
    """Return what stands in the list: identifiers and addresses, without blank lines and comments.

    Raises
    ------
    CollectionError
        If the list cannot be read as UTF-8: nobody may be overlooked for that.
    """
    file = paths.withdrawn()
    if not file.exists():
        return []
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise CollectionError(f"{file.name}: {error}. Write the list of the withdrawn as UTF-8.") from None
    named = (_COMMENT.split(line, maxsplit=1)[0].strip() for line in lines)
    return sorted({name for name in named if name})


def without(
    con: ibis.BaseBackend, tables: Mapping[str, ibis.Table], names: list[str]
) -> tuple[dict[str, ibis.Table], list[Exclusion]]:
    """Return raw tables without the records of the withdrawn, and how many of each were left out.

    Parameters
    ----------
    con : ibis.BaseBackend
    tables : mapping of str to ibis.Table
        Raw, in contract columns, with ``contact_id`` where the source has addresses.
    names : list of str
        From :func:`withdrawn`: of people by identifier or address, of authors and panelists as the source has it.

    Returns
    -------
    dict of str to ibis.Table, list of Exclusion
        One person's other accounts with the same address go too, and what was read anonymously in a browser with
        which a withdrawn person signed in.
    """
    if not names:
        return dict(tables), []
    people = _everyone(con, tables, names)
    browsers = _browsers(tables, people)
    kept, counts = {}, []
    for name, records in tables.items():
        theirs = _theirs(name, records, people, browsers)
        if theirs is None:
            kept[name] = records
            continue
        rows = records.aggregate(n=theirs.sum().fill_null(0)).to_pyarrow()["n"][0].as_py()
        kept[name] = records.filter(~theirs)
        counts += [Exclusion(name, WHY, int(rows))] if rows else []
    return kept, counts


def _everyone(con, tables, names):
    """Return the identifiers of the withdrawn: as named, by address, and their other accounts."""
    content = pa.table({"name": pa.array(names, pa.string())})
    listed = con.create_table(ibis.util.gen_name("withdrawn"), obj=content, temp=True)
    spelled = listed.select(name=_plain(listed.name))
    if "learners" not in tables:
        return spelled.name
    learners = tables["learners"]
    named = _plain(learners.learner_id).isin(spelled.name)
    if "email" in learners.columns:
        named = named | _plain(learners.email).isin(spelled.name)
    if "contact_id" in learners.columns:
        boxes = contacts.mailbox(listed.name)
        named = named | learners.contact_id.isin(listed.filter(boxes.notnull()).select(box=boxes).box)
        theirs = learners.filter(named.fill_null(False), learners.contact_id.notnull()).contact_id
        named = named | learners.contact_id.isin(theirs)
    found = learners.filter(named.fill_null(False)).select(name=_plain(learners.learner_id))
    return ibis.union(found, spelled, distinct=True).name


def _browsers(tables, people):
    views = tables.get("page_views")
    if views is None or not {"learner_id", "anonymous_id"} <= {*views.columns}:
        return None
    signed_in = views.filter(_plain(views.learner_id).isin(people), views.anonymous_id.notnull())
    return signed_in.select(browser=signed_in.anonymous_id.cast("string")).distinct().browser


def _theirs(name, records, people, browsers):
    conditions = [
        _plain(records[column]).isin(people)
        for column in ("learner_id", "panelist_id", "author")
        if column in records.columns
    ]
    if name == "page_views" and browsers is not None:
        nobody = records.learner_id.isnull()
        conditions.append(nobody & records.anonymous_id.cast("string").isin(browsers))
    return ibis.or_(*(c.fill_null(False) for c in conditions)) if conditions else None


def _plain(identifier):
    """Write an identifier as pseudonyms compare it: without spaces around it, an address without capitals."""
    text = identifier.cast("string").strip()
    return ibis.ifelse(text.contains("@"), text.lower(), text)
