"""Fuzzing: every reader of what others wrote, given a million files, forms and addresses that nobody should write.

``make fuzz`` runs all of it and writes docs/fuzzing.md; ``tests/test_fuzzed.py`` gives the same readers a few
hundred.
"""
