"""Values as they come: the most common, the odd, and a few posts, none that too few people share."""

import ibis
import pandas as pd

from insights import contract, privacy
from insights.params import Params

MOST_COMMON = 5
VALUE_COLUMNS = ["table", "column", "value", "rows", "share"]
ODD = r"[<>\[\]{}]"
_TOO_MANY = {"url", "title", "description", "family", "campaign"}


def common_values(tables: dict[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return the most common values of the text columns that have few, small groups held back.

    Returns
    -------
    pandas.DataFrame
        ``table, column, value, rows, share``; at most five values a column, each shared by at least
        ``privacy.smallest_group`` people.
    """
    return pd.concat(_listed(tables, params, categories), ignore_index=True)


def odd_values(tables: dict[str, ibis.Table], params: Params) -> pd.DataFrame:
    """Return the typed words that hold markup or had something scrubbed, as :func:`common_values` does."""
    odd = _listed(tables, params, _typed, ODD)
    return pd.concat([pd.DataFrame(columns=VALUE_COLUMNS), *odd], ignore_index=True)


def example_posts(tables: dict[str, ibis.Table], most: int = 6) -> pd.DataFrame:
    """Return a few social posts as they read after scrubbing, each wording once.

    Those with a script in them come first, then those with markup, then those from which something was scrubbed;
    within these the newest.
    """
    if "social_posts" not in tables:
        return pd.DataFrame(columns=["network", "posted_at", "text"])
    posts = tables["social_posts"].filter(ibis._.text.notnull())
    again = ibis.row_number().over(group_by="text", order_by=[ibis.desc(posts.posted_at), posts.post_id])
    care = sum(posts.text.re_search(sign).cast("int8") for sign in (ODD, "[<>]", "(?i)<script"))
    once = posts.mutate(again=again, care=care).filter(ibis._.again == 0)
    chosen = once.order_by(ibis.desc("care"), ibis.desc("posted_at"), "post_id").limit(most)
    return chosen.select("network", "posted_at", "text").to_pandas()


def categories(name: str, table: ibis.Table) -> list[str]:
    """Return the columns of a table whose values are words that a few of them share."""
    secret = {contract.IDENTIFYING, contract.FREE_TEXT, contract.PROTECTED}
    columns = [c for c in contract.columns(name).values() if c.name in table.columns]
    shown = [c for c in columns if c.dtype.is_string() and c.sensitivity not in secret]
    return [c.name for c in shown if not c.name.endswith("_id") and c.name not in _TOO_MANY]


def _typed(name, table):
    columns = [c for c in contract.columns(name).values() if c.name in table.columns]
    return [c.name for c in columns if c.dtype.is_string() and c.sensitivity == contract.QUASI_IDENTIFYING]


def _listed(tables, params, columns_of, pattern=None):
    return [
        _common(name, table, column, params.privacy.smallest_group, pattern)
        for name, table in tables.items()
        for column in columns_of(name, table)
    ]


def _common(name, table, column, smallest, pattern):
    among = table[column].notnull() if pattern is None else table[column].re_search(pattern)
    named = table.filter(among).mutate(value=table[column])
    best = named.group_by("value").agg(rows=ibis._.count()).order_by(ibis.desc("rows"), "value").limit(MOST_COMMON)
    held = best.to_pandas()
    shown, _ = privacy.suppress(held.assign(people=_sharing(named, held)), "people", smallest)
    total = int(table.count().to_pandas())
    return shown.assign(table=name, column=column, share=shown["rows"] / max(total, 1))[VALUE_COLUMNS]


def _sharing(named, held):
    """Return how many people share each value: those known, else their browsers; of a table of things its rows."""
    identities = [named[c] for c in ("learner_id", "anonymous_id") if c in named.columns]
    if not identities or held.empty:
        return held["rows"]
    asked = named.filter(named["value"].isin(held["value"].tolist()))
    people = asked.group_by("value").agg(people=ibis.coalesce(*identities).nunique()).to_pandas()
    return held["value"].map(people.set_index("value")["people"]).fillna(0)
