"""Which sources are certified: those whose truth is known."""

KIND = "simulation"
