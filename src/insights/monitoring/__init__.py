"""Monitoring: whether what was promised holds on fresh data, what changed, and which model is in use."""
