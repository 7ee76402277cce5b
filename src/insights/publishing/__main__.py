"""Publishing by make: the pages of a window, the front page, the close-out page, and slides and PDF of a window.

What only some of them need is imported by these: make writes pages after every run.
"""

import argparse
import sys

from insights import offline, params, paths, store
from insights.export import ExportError
from insights.publishing.errors import PublishingError
from insights.running import runner, troubles

DONE, REFUSED = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Write what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.publishing", description=__doc__.split("\n\n")[0])
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("front", help="write the page that leads to every window")
    actions.add_parser("close", help="write the close-out page")
    for name, text in (
        ("pages", "write the pages anew that are older than their template, and the front page"),
        ("slides", "write the slides of a window"),
        ("pdf", "print the report of a window"),
    ):
        actions.add_parser(name, help=text).add_argument("window", nargs="?", default="")
    given = parser.parse_args(arguments)
    try:
        match given.action:
            case "front":
                return _front()
            case "close":
                return _close()
            case "pages":
                return runner.main(["pages", given.window]) or _front()
        window = params.load(given.window or params.newest()).window
        return _slides(window) if given.action == "slides" else _pdf(window)
    except (params.ParameterError, store.StoreError, PublishingError, ExportError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(troubles.told(error), file=sys.stderr)
        return REFUSED


def _front():
    from insights.publishing import index

    for why in index.write().values():
        print(f"Left out of the front page: {why}", file=sys.stderr)
    return DONE


def _close():
    from insights.handover.registers import RegisterError
    from insights.publishing import closing

    try:
        print(f"Close-out: {closing.write()}")
    except RegisterError as error:
        print(error, file=sys.stderr)
        return REFUSED
    return _front()  # which leads to it


def _slides(window):
    """Write the slides, and print them where a browser is found: the pages alone are enough to present them."""
    from insights.publishing import printing, slides

    print(f"Slides: {slides.write(window)}")
    if printing.browser() is None:
        print("No browser was found to print them by; open the page and print it, a slide per sheet.")
    else:
        print(f"        {printing.pdf(paths.slides(window), paths.printed(window, 'slides'))}")
    return DONE


def _pdf(window):
    from insights.publishing import printing

    print(f"Report: {printing.pdf(paths.page(window, paths.STEPS[-1]), paths.printed(window, 'report'))}")
    return DONE


if __name__ == "__main__":
    offline.forbid()
    sys.exit(main())
