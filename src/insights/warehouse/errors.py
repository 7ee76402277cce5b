"""What an engine complains of."""


class EngineError(RuntimeError):
    """An engine that cannot be had, or that broke off; the message names the remedy, or what the engine says."""
