"""Protected attributes as features, for whoever decides to use them.

Their table is handed to features only if ``privacy.protected_features`` says so; without it this family is left out
like any other whose tables the source lacks.
"""

import ibis

from insights.features.completion import MODEL, PERSON
from insights.features.registry import JOURNEY, Past, family

OF = {"declared_woman": "gender", "age": "birth_year"}  # the attribute that each feature is computed from
WOMEN = ("woman", "female", "f")


@family(
    MODEL, "protected", view=JOURNEY, sources=["protected"],
    features={
        "declared_woman": ("declared to be a woman, 1 or 0", "share"),
        "age": ("age in the year of the decision, by the declared year of birth", "years"),
    },
)  # fmt: skip
def protected(past: Past) -> ibis.Table:
    """Describe the learner by what was declared of gender and birth, as far as it was known."""
    p = past.entities("protected")
    return p.select(
        *PERSON, declared_woman=p.gender.lower().isin(WOMEN).cast("int8"), age=p.as_of.year() - p.birth_year
    )
