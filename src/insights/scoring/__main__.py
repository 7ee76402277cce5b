"""Scoring by make: recommendations for the candidates of a file, by a window's launch model.

Exit codes: 0, all rows were scored; 3, some were refused, with reasons in a file of their own; 2, nothing was.
"""

import argparse
import os
import sys
from pathlib import Path

from insights import offline, params, paths
from insights.scoring import CandidateError, score

DONE, REFUSED, PARTLY = 0, 2, 3


def main(arguments: list[str] | None = None) -> int:
    """Score a file; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.scoring", description=__doc__.split("\n\n")[0])
    parser.add_argument("window")
    parser.add_argument("products")
    given = parser.parse_args(arguments)
    if not given.products:
        print("No file of candidates is named: make score WINDOW=… PRODUCTS=candidates.csv", file=sys.stderr)
        return REFUSED
    try:
        found = score(Path(given.products), params.load(given.window))
    except (params.ParameterError, CandidateError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    verdicts = found.scored["verdict"].value_counts()
    told = ", ".join(f"{n} of verdict {verdict}" for verdict, n in verdicts.items()) or "none"
    print(f"Scored: {len(found.scored)} ({told}); refused: {len(found.refused)}.")
    for file in found.files:
        print(f"  {os.path.relpath(file, paths.root())}")
    if found.scored.empty:
        return REFUSED
    return PARTLY if len(found.refused) else DONE


if __name__ == "__main__":
    offline.forbid()
    sys.exit(main())
