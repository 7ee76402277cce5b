"""Acceptance: what readers must be able to do before they take the product, as data, and whether they can.

``register`` reads what is asked, ``checks`` holds each window's results against the part that a machine can judge,
``signed`` keeps what people say of the rest, and ``core`` puts them together for the report.
"""

from insights.acceptance.core import counts, study
from insights.acceptance.register import RegisterError, register

__all__ = ["RegisterError", "counts", "register", "study"]
