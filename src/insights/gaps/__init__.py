"""Information gaps: what the contract asks for and the source lacks or has too thinly, and what is done about it."""

from insights.gaps.needs import NEEDS, lacking, missing_for, missing_for_model
from insights.gaps.register import CLOSED, check_register, is_closed, register
from insights.gaps.worth import worth

__all__ = [
    "CLOSED", "NEEDS", "check_register", "is_closed", "lacking", "missing_for", "missing_for_model", "register",
    "worth",
]  # fmt: skip
