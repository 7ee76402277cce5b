"""Planted: how defects are written down for the truth."""

import numpy as np
import pandas as pd

TOLD = ("kind", "account", "of", "cookie", "campaign", "event", "at")


def told(kind: str, **columns: np.ndarray) -> pd.DataFrame:
    """Return defects of a kind in the columns of the truth."""
    return pd.DataFrame(columns).reindex(columns=TOLD).assign(kind=kind)
