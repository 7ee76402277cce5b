"""Features: declared once, computed from what was known at ``as_of``.

Whoever imports this package has the whole register: both models enter their families here.
"""

from insights.features import audience, completion, launch, market, protected, themes

__all__ = ["audience", "completion", "launch", "market", "protected", "themes"]
