"""Collection: from a source's exports to a window's tables, without anybody's identity.

There is one adapter a source; each hands raw tables in contract columns to :mod:`insights.collection.core`,
which restricts them to the window, replaces or removes what identifies a person, writes them and says
what it did.
"""

from insights.collection.account import record
from insights.collection.core import Collected, check_source, collect, coverage, source_files
from insights.collection.source import CollectionError

__all__ = ["Collected", "CollectionError", "check_source", "collect", "coverage", "record", "source_files"]
