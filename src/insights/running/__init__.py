"""How notebooks are run: the graph's steps, windows, locks, kernels."""
