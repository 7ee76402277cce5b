"""Acceptance by make: keep what somebody says of an acceptance test, or print all of them."""

import argparse
import sys

from insights import journals, params
from insights.acceptance import signed
from insights.acceptance.register import RegisterError, register

DONE, REFUSED = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Keep a signature, or print the tests where none is named; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.acceptance", description=__doc__)
    parser.add_argument("window", nargs="?", default="")
    for name in ("test", "verdict", "who", "evidence", "comment"):
        parser.add_argument(f"--{name}", default="")
    given = parser.parse_args(arguments)
    try:
        if not given.test:
            return _print()
        kept = signed.sign(params.load(given.window or params.newest()).window, vars(given))
    except (params.ParameterError, RegisterError, signed.SignatureError, journals.JournalError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    print(f"{kept['window']}: {kept['who']} says {kept['verdict']} of {kept['test']}. The next make run shows it.")
    return DONE


def _print():
    for one in register():
        print(f"{one.test:16}{one.who:18}{one.by:8}{one.then}")
    return DONE


if __name__ == "__main__":
    sys.exit(main())
