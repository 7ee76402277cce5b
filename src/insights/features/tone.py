"""The tone of a text, from a published list of words: no model is trained, and none can leak.

VADER (Hutto and Gilbert, "A parsimonious rule-based model for sentiment analysis of social media text", ICWSM 2014)
was made for short English posts. It knows no other language, and of a trade's own words only what all mean by them.
"""

from functools import cache, lru_cache

import ibis
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer


@ibis.udf.scalar.python
def tone(text: str) -> float:
    """Return the tone of a text: −1 against, 0 neutral or unknown, 1 in favour."""
    return _scored(text)


@lru_cache(maxsize=200_000)  # features are computed again wherever records are disturbed, and posts stay the same
def _scored(text):
    return float(_analyser().polarity_scores(text)["compound"])


@cache
def _analyser():
    return SentimentIntensityAnalyzer()
