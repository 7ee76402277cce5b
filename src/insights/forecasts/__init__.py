"""Forecasts: who of those enrolled will complete, who of those registered will enroll, and why each."""

from insights.forecasts.core import Forecasts, study, tables

__all__ = ["Forecasts", "study", "tables"]
