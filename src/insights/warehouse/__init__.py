"""Tables: the engine that works on them, and the files that they are read from and written to."""

from insights.warehouse.core import DUCKDB, FAILURES, check, connect, handed_over, local, read, write
from insights.warehouse.errors import EngineError

__all__ = ["DUCKDB", "FAILURES", "EngineError", "check", "connect", "handed_over", "local", "read", "write"]
