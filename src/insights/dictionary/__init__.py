"""The data dictionary of a window: what each column means, and how it really looks.

The meaning comes from the contract, the looks from the collected tables. Values of people are shown only where at
least ``privacy.smallest_group`` people share them.
"""

from insights.dictionary.core import Dictionary, of, study
from insights.dictionary.looks import collected_tables, profile, summary
from insights.dictionary.values import common_values, example_posts, odd_values

__all__ = [
    "Dictionary", "collected_tables", "common_values", "example_posts", "odd_values", "of", "profile", "study",
    "summary",
]  # fmt: skip
