"""Planners: what they said of recommendations, and how well they decide with them and without."""
