"""Handover: what somebody needs who takes this over, kept as data: requirements, research, assumptions.

``registers`` reads them; ``documents`` writes each as a page of ``docs/``. A test holds every reference in them
against the files, tests and commands that there are.
"""
