"""Findings: the sentences that say what was found, each computed from the frames that hold the numbers.

A notebook opens with these. Each takes results and returns :class:`insights.display.wording.Prose`; when a model does
not beat its baseline, the sentence says so.
"""
