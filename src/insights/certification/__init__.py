"""Certification: what was found, held against what the simulator knows to be true; nothing else reads that."""
