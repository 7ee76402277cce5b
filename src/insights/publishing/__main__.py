"""Publishing by make: the front page, the close-out page, and the slides and the PDF of a window."""

import argparse
import sys

from insights import offline, params, paths
from insights.export import ExportError
from insights.handover.registers import RegisterError
from insights.publishing import closing, index, printing, slides
from insights.publishing.errors import PublishingError

DONE, REFUSED = 0, 2


def main(arguments: list[str] | None = None) -> int:
    """Write what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(prog="insights.publishing", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("front", help="write the page that leads to every window")
    actions.add_parser("close", help="write the close-out page")
    for name, text in (("slides", "write the slides of a window"), ("pdf", "print the report of a window")):
        actions.add_parser(name, help=text).add_argument("window", nargs="?", default="")
    given = parser.parse_args(arguments)
    try:
        if given.action == "front":
            index.write()
            return DONE
        if given.action == "close":
            print(f"Close-out: {closing.write()}")
            return DONE
        window = params.load(given.window or params.newest()).window
        if given.action == "slides":
            return _slides(window)
        print(f"Report: {printing.pdf(paths.page(window, paths.STEPS[-1]), paths.printed(window, 'report'))}")
    except (params.ParameterError, PublishingError, ExportError, RegisterError) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return DONE


def _slides(window):
    """Write the slides, and print them where a browser is found: the pages alone are enough to present them."""
    print(f"Slides: {slides.write(window)}")
    if printing.browser() is None:
        print("No browser was found to print them by; open the page and print it, a slide per sheet.")
    else:
        print(f"        {printing.pdf(paths.slides(window), paths.printed(window, 'slides'))}")
    return DONE


if __name__ == "__main__":
    offline.forbid()
    sys.exit(main())
