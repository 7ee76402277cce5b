"""Printing: a page as a PDF, by the browser that is installed; none is brought along, for it is larger than all else.

The pages hold no scripts and ask for nothing, so that the browser is given no network to reach.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from insights import paths
from insights.publishing.errors import PublishingError

BROWSERS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)  # fmt: skip
FLAGS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-background-networking",
    "--disable-component-update", "--no-pdf-header-footer", "--generate-pdf-document-outline",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip
PATIENCE = 120  # seconds


def browser() -> str | None:
    """Return the browser that can print: ``INSIGHTS_BROWSER``, or the first that is found; None without one."""
    named = os.environ.get("INSIGHTS_BROWSER")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)


def pdf(page: Path, printed: Path) -> str:
    """Print a page into a PDF, and return where it is, seen from the project's root.

    Parameters
    ----------
    page : pathlib.Path
        One of our own HTML pages.
    printed : pathlib.Path

    Raises
    ------
    PublishingError
        If the page is missing, no browser is found, or the browser does not print.
    """
    shown = os.path.relpath(page, paths.root())
    if not page.exists():
        raise PublishingError(f"{shown} is missing. Make it first: make run WINDOW={page.parent.parent.name}")
    found = browser()
    if found is None:
        raise PublishingError(
            "No Chromium, Chrome or Edge was found, which prints pages. Install one, name it in INSIGHTS_BROWSER, "
            f"or open {shown} and print it from there."
        )
    with tempfile.TemporaryDirectory() as aside:
        made = Path(aside) / "printed.pdf"
        as_root = ["--no-sandbox"] if os.name == "posix" and os.getuid() == 0 else []
        command = [
            found,
            *FLAGS,
            *as_root,
            f"--user-data-dir={aside}/profile",
            f"--print-to-pdf={made}",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)  # noqa: S603
        except subprocess.TimeoutExpired:
            raise PublishingError(f"{found} did not print {shown} within {PATIENCE} seconds. Try again.") from None
        if not made.exists():
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise PublishingError(f"{found} did not print {shown}: {last}. Open the page and print it from there.")
        printed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(made, printed)
    return os.path.relpath(printed, paths.root())
