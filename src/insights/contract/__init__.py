"""The data contract: every table and column that Insights knows, as code.

Each table is a pandera model over Ibis tables. Beside its type and its checks, a column carries its meaning, unit,
sensitivity and source system; validation, the simulator, the dictionary notebook and disclosure control all read
them here. ``tables`` declares them, ``declaration`` is what they are declared with, ``lookup`` what is asked of them.

Times are UTC. Spans are half-open, ``[from, to)``. Every table says which column tells when a record *happened*;
``recorded_at`` tells when it became known. What becomes known later than the rest of its row (a completion, a
withdrawal, an attendance) has a recording time of its own, named in ``later``.
"""

from insights.contract.declaration import (
    DERIVED,
    FREE_TEXT,
    IDENTIFYING,
    INTERNAL,
    PROTECTED,
    QUASI_IDENTIFYING,
    TABLES,
    Table,
)
from insights.contract.lookup import (
    DROPPED,
    OWNERS,
    Column,
    collected,
    columns,
    complete,
    entry,
    free_text,
    order,
    pseudonymised,
    references,
    required,
    schema,
    systems,
    typed,
)
from insights.contract.tables import (
    EMAIL_EVENTS,
    EVENT_KINDS,
    LEVELS,
    NETWORK_TITLES,
    NETWORKS,
    NEWSLETTERS,
    PAGE_TYPES,
    TEAMS,
    Instant,
)

__all__ = [
    "DERIVED", "DROPPED", "EMAIL_EVENTS", "EVENT_KINDS", "FREE_TEXT", "IDENTIFYING", "INTERNAL", "LEVELS", "NETWORKS",
    "NETWORK_TITLES", "NEWSLETTERS", "OWNERS", "PAGE_TYPES", "PROTECTED", "QUASI_IDENTIFYING", "TABLES", "TEAMS",
    "Column", "Instant", "Table", "collected", "columns", "complete", "entry", "free_text", "order", "pseudonymised",
    "references", "required", "schema", "systems", "typed",
]  # fmt: skip
