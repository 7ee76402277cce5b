"""Distributions in small: how the values of a column spread, as a dozen counts and a word of bars.

Numbers and times are counted in steps of equal width between the least and the greatest; where four in five of them
lie in the first step, in steps of equal ratio. Words are counted by word, the most common first.
"""

import math
from collections.abc import Mapping

import ibis
import pandas as pd

from insights import contract
from insights.dictionary.values import categories

STEPS = 12
CROWDED = 0.8  # in the first step, so that steps of equal ratio tell more
LINEAR, RATIO, WORDS = "equal width", "equal ratio", "by word"
COLUMNS = ["table", "column", "steps", "low", "high", "words", "counts"]
BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"


def measure(tables: Mapping[str, ibis.Table], smallest: int) -> pd.DataFrame:
    """Return the distribution of every column that may be shown.

    Parameters
    ----------
    tables : mapping of str to ibis.Table
    smallest : int
        Words that fewer rows share are not counted.

    Returns
    -------
    pandas.DataFrame
        ``table, column, steps, low, high, words, counts``: how it was counted, from where to where (times in seconds
        since 1970), which words, and the counts, with commas between them.
    """
    shapes = [shape for name, table in tables.items() for shape in _of_table(name, table, smallest)]
    return pd.DataFrame(shapes, columns=COLUMNS)


def again(shapes: pd.DataFrame, tables: Mapping[str, ibis.Table]) -> list[list[int] | None]:
    """Count other tables in the same steps and words; None where they lack the column."""
    found = []
    for name, wanted in shapes.groupby("table", sort=False):
        table = tables.get(name)
        there = [] if table is None else [s for s in wanted.itertuples() if s.column in table.columns]
        stepped = [s for s in there if s.steps != WORDS]
        counts = _stepped(table, [(s.column, s.steps, s.low, s.high) for s in stepped]) if stepped else {}
        for shape in there:
            if shape.steps == WORDS:
                counts[shape.column] = _worded(table, shape.column, shape.words.split("\n"))
        found += [counts.get(shape.column) for shape in wanted.itertuples()]
    return found


def bars(counts: str) -> str:
    """Return counts, with commas between them, as a word of bars: ``1,4,2`` is ``▂█▄``."""
    numbers = [int(count) for count in counts.split(",")]
    most = max(numbers)
    return "".join(BARS[round((len(BARS) - 1) * n / most)] if n else NOTHING for n in numbers)


def _of_table(name, table, smallest):
    columns = contract.columns(name)
    words = [*categories(name, table), *_protected_words(name, table), *_booleans(name, table)]
    numbers = [c for c in table.columns if _is_spread(columns[c])]
    spans = _spans(table, numbers)
    counts = _stepped(table, [(c, LINEAR, *spans[c]) for c in spans]) if spans else {}
    crowded = [c for c in spans if spans[c][0] >= 0 and counts[c][0] > CROWDED * sum(counts[c])]
    crowded = [c for c in crowded if not columns[c].dtype.is_timestamp()]
    counts |= _stepped(table, [(c, RATIO, *spans[c]) for c in crowded]) if crowded else {}
    for column in table.columns:
        if column in spans:
            steps = RATIO if column in crowded else LINEAR
            yield name, column, steps, *spans[column], "", _text(counts[column])
        elif column in words:
            common = _common(table, column, smallest)
            if len(common):
                yield name, column, WORDS, None, None, "\n".join(common["word"]), _text(common["rows"])


def _is_spread(column):
    """Tell whether a column holds numbers or times, none of them of a person's own."""
    own = {contract.PROTECTED, contract.IDENTIFYING, contract.FREE_TEXT}
    return column.sensitivity not in own and (column.dtype.is_numeric() or column.dtype.is_timestamp())


def _protected_words(name, table):
    columns = [c for c in contract.columns(name).values() if c.name in table.columns]
    return [c.name for c in columns if c.sensitivity == contract.PROTECTED and c.dtype.is_string()]


def _booleans(name, table):
    return [c for c, dtype in table.schema().items() if dtype.is_boolean()]


def _spans(table, columns):
    if not columns:
        return {}
    asked = {f"{c}|low": _number(table[c]).min() for c in columns}
    asked |= {f"{c}|high": _number(table[c]).max() for c in columns}
    found = table.agg(**asked).to_pandas().iloc[0]
    spans = {c: (float(found[f"{c}|low"]), float(found[f"{c}|high"])) for c in columns if pd.notna(found[f"{c}|low"])}
    return {c: span for c, span in spans.items() if span[0] < span[1]}


def _number(value):
    return value.epoch_seconds().cast("float64") if value.type().is_timestamp() else value.cast("float64")


def _stepped(table, asked):
    """Count the values of columns in their steps, all in one pass."""
    sums = {}
    for column, steps, low, high in asked:
        value, start, width = _number(table[column]), low, high - low
        if steps == RATIO:
            value, start = (value.clip(lower=0) + 1).ln(), math.log(low + 1)
            width = math.log(high + 1) - start
        step = ((value - start) / width * STEPS).floor().clip(lower=0, upper=STEPS - 1)
        sums |= {f"{column}|{i}": (step == i).sum().fill_null(0) for i in range(STEPS)}
    found = table.agg(**sums).to_pandas().iloc[0]
    return {column: [int(found[f"{column}|{i}"]) for i in range(STEPS)] for column, *_ in asked}


def _common(table, column, smallest):
    word = table[column].cast("string").name("word")
    counted = table.filter(table[column].notnull()).group_by(word).agg(rows=ibis._.count())
    return counted.filter(ibis._.rows >= smallest).order_by(ibis.desc("rows"), "word").limit(STEPS).to_pandas()


def _worded(table, column, words):
    word = table[column].cast("string").name("word")
    counted = table.filter(word.isin(words)).group_by(word).agg(rows=ibis._.count()).to_pandas()
    held = counted.set_index("word")["rows"]
    return [int(held.get(w, 0)) for w in words]


def _text(counts):
    return ",".join(str(int(count)) for count in counts)
