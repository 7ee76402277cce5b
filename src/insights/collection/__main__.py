"""Tools of collection beside its notebook: a draft of a mapping, and the simulated company's exports."""

import argparse
import sys
from pathlib import Path

from insights import params, progress
from insights.collection import draft, simulated
from insights.collection.source import CollectionError

REFUSED = 2


def main(arguments: list[str] | None = None) -> int:
    """Print a draft, or write exports; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.collection", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    proposed = actions.add_parser("draft", help="propose a mapping for a folder of exports")
    proposed.add_argument("folder", type=_folder)
    exports = actions.add_parser("exports", help="write a window's simulated company as exports")
    exports.add_argument("window")
    exports.add_argument("folder", type=_folder)
    given = parser.parse_args(arguments)
    try:
        if given.action == "draft":
            print(draft.written(draft.propose(given.folder)), end="")
        else:
            print(simulated.write_exports(params.load(given.window), given.folder, progress.report))
    except (CollectionError, params.ParameterError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0


def _folder(said: str) -> Path:
    """Return the folder that was named; where none is, the one we are in is not meant."""
    if not said:
        raise argparse.ArgumentTypeError("no folder is named; write FOLDER=data/exports")
    return Path(said)


if __name__ == "__main__":
    sys.exit(main())
