"""Insights: from learner journeys and social feeds to which products to launch."""

__version__ = "0.1.0"
