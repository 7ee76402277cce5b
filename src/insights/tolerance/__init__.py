"""Tolerance design: how bad each input may get before a model leaves its specification."""
