"""What posts speak of, as a few numbers: their words weighted by TF-IDF, their commonest directions.

Words are weighted by how often a product's posts use them and how few products' posts do (Salton and Buckley 1988);
the directions are those of latent semantic analysis (Deerwester and others 1990). Both are learned once, from what
was said before the first decision, and only applied to what was said later: so a number means the same at every
decision, and none knows what came after it.

Documents are read a partition at a time, and each partition is placed by whoever is free: another process, or a
worker of the cluster. A document's place depends on no other document, so that it is the same to the last bit.
"""

import functools
from collections import Counter
from collections.abc import Iterable

import ibis
import numpy as np
import pandas as pd
from ibis import _
from threadpoolctl import threadpool_limits

from insights import parallel
from insights.features.need import MODEL
from insights.features.registry import SOCIAL, Past, family
from insights.features.voices import KEYS
from insights.params import Compute

LEAST = 1e-8  # of the first direction: what lies along a fainter one is rounding
THEMES = [f"theme_{number}" for number in range(1, 5)]
FEWEST, WORDS = 20, 2000  # products talked about, below which nothing is learned of themes; and words at most
PARTITION = 10_000  # documents


@family(
    MODEL, "themes", view=SOCIAL, sources=["social_posts"],
    features={
        name: (f"what posts about it speak of in the look-back, direction {name[-1]} of {len(THEMES)}", "lean")
        for name in THEMES
    },
)  # fmt: skip
def themes(past: Past) -> ibis.Table:
    """Describe the product by what posts about it speak of, on whatever network."""
    posts = past.events("social_posts").filter(_.product_id.notnull(), _.text.notnull())
    said = posts.group_by(*KEYS).agg(text=posts.text.group_concat(" ", order_by=[posts.text]))
    batches = said.order_by(*reversed(KEYS)).to_pyarrow_batches(chunk_size=PARTITION)
    placed = directions((batch.to_pandas() for batch in batches if len(batch)), past.compute)
    return ibis.memtable(placed.astype({"as_of": "datetime64[us]"}))


def directions(documents: Iterable[pd.DataFrame], compute: Compute) -> pd.DataFrame:
    """Return where documents lie along directions learned from those of the first decision.

    Parameters
    ----------
    documents : iterable of pandas.DataFrame
        ``product_id, as_of, text``, in parts, by moment.
    compute : insights.params.Compute
        Where parts are placed.

    Returns
    -------
    pandas.DataFrame
        ``product_id, as_of`` and a column per theme, −1 to 1; without themes where the first decision has fewer than
        twenty documents, or too few words.
    """
    parts = list(documents)
    if not parts:
        return pd.DataFrame({"product_id": pd.Series(dtype="str"), "as_of": pd.Series(dtype="datetime64[us]")})
    began = parts[0]["as_of"].iloc[0]
    learned = _learned([text for part in parts for text in part.loc[part["as_of"] == began, "text"]])
    if learned is None:
        return pd.concat(parts, ignore_index=True)[KEYS]
    return pd.concat(parallel.each(functools.partial(_placed, *learned), parts, compute), ignore_index=True)


def _learned(texts):
    """Return the weights of words and the directions that some documents have, or nothing where they are too few."""
    # Whoever computes features has this module; only here are models needed for it, and they weigh 50 MB.
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(texts) < FEWEST:
        return None
    weights = TfidfVectorizer(stop_words="english", min_df=2, max_features=WORDS, sublinear_tf=True)
    used = Counter(word for text in texts for word in set(weights.build_analyzer()(text)))
    if sum(number >= weights.min_df for number in used.values()) <= len(THEMES):
        return None
    weighed = weights.fit_transform(texts)
    svd = TruncatedSVD(len(THEMES), algorithm="arpack", random_state=np.random.RandomState(0))
    with threadpool_limits(1):  # sums in one order on any number of cores
        return weights, svd.fit(weighed)


def _placed(weights, svd, documents):
    """Return where documents lie along the directions."""
    placed = svd.transform(weights.transform(documents["text"]))
    placed[:, svd.singular_values_ < LEAST * svd.singular_values_.max()] = 0.0  # too few things are spoken of
    return documents[KEYS].assign(**dict(zip(THEMES, placed.T, strict=True)))
