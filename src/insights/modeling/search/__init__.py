"""The search for pipelines: TPOT behind our own interface, in a process of its own."""
