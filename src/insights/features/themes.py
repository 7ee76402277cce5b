"""What posts speak of, as a few numbers: their words weighted by TF-IDF, their commonest directions.

Words are weighted by how often a product's posts use them and how few products' posts do (Salton and Buckley 1988);
the directions are those of latent semantic analysis (Deerwester and others 1990). Both are learned once, from what
was said before the first decision, and only applied to what was said later: so a number means the same at every
decision, and none knows what came after it.
"""

from collections import Counter

import ibis
import numpy as np
import pandas as pd
from ibis import _
from threadpoolctl import threadpool_limits

from insights.features.need import MODEL
from insights.features.registry import SOCIAL, Past, family
from insights.features.voices import KEYS

LEAST = 1e-8  # of the first direction: what lies along a fainter one is rounding
THEMES = [f"theme_{number}" for number in range(1, 5)]
FEWEST, WORDS = 20, 2000  # products talked about, below which nothing is learned of themes; and words at most


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
    documents = said.order_by(*reversed(KEYS)).to_pandas()
    return ibis.memtable(directions(documents).astype({"as_of": "datetime64[us]"}))


def directions(documents: pd.DataFrame) -> pd.DataFrame:
    """Return where documents lie along directions learned from those of the first decision.

    Parameters
    ----------
    documents : pandas.DataFrame
        ``product_id, as_of, text``.

    Returns
    -------
    pandas.DataFrame
        ``product_id, as_of`` and a column per theme, −1 to 1; without themes where the first decision has fewer than
        twenty documents, or too few words.
    """
    # Whoever computes features has this module; only here are models needed for it, and they weigh 50 MB.
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    first = documents.loc[documents["as_of"] == documents["as_of"].min(), "text"]
    if len(first) < FEWEST:
        return documents[KEYS]
    weights = TfidfVectorizer(stop_words="english", min_df=2, max_features=WORDS, sublinear_tf=True)
    used = Counter(word for text in first for word in set(weights.build_analyzer()(text)))
    if sum(number >= weights.min_df for number in used.values()) <= len(THEMES):
        return documents[KEYS]
    learned = weights.fit_transform(first)
    with threadpool_limits(1):  # sums in one order on any number of cores
        svd = TruncatedSVD(len(THEMES), algorithm="arpack", random_state=np.random.RandomState(0)).fit(learned)
        placed = svd.transform(weights.transform(documents["text"]))
    placed[:, svd.singular_values_ < LEAST * svd.singular_values_.max()] = 0.0  # too few things are spoken of
    return documents[KEYS].assign(**dict(zip(THEMES, placed.T, strict=True)))
