"""A report on every column of a table, by ydata-profiling or skrub: ``python profiles.py TOOL FILE``."""

import sys

import measured
import pandas as pd


def with_ydata(frame):
    """Write the report of the minimal mode."""
    from ydata_profiling import ProfileReport

    return ProfileReport(frame, minimal=True, progress_bar=False).to_html()


def with_skrub(frame):
    """Write the report, without associations, as for a table so large."""
    from skrub import TableReport

    return TableReport(frame, verbose=0).html()


TOOLS = {"ydata": with_ydata, "skrub": with_skrub}


def main():
    """Read, describe, and say what it took."""
    tool, file = sys.argv[1:]
    import skrub  # noqa: F401
    import ydata_profiling  # noqa: F401

    measured.tell(lambda: TOOLS[tool](pd.read_parquet(file)))


if __name__ == "__main__":
    main()
