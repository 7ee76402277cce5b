"""Each step of the Containerfile, run in an empty folder, where there is no engine to build it with.

``make container`` reads the instructions in their order: COPY copies from this checkout, as far as .containerignore
lets it, RUN runs in the working folder, ENTRYPOINT with the arguments given here runs at the end. The folder that
is / of the image is a temporary one; packages of the system are installed into this machine, if they are not there.
"""

import fnmatch
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parents[1]
IGNORED = (HERE / ".containerignore").read_text().split()


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Containerfile, without comments, continued lines put together."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    return [(word.upper(), rest.strip()) for word, _, rest in (line.strip().partition(" ") for line in joined)]


def ignored(folder: str, names: list[str]) -> set[str]:
    """Return the names in a folder that .containerignore leaves out."""
    here = Path(folder).relative_to(HERE)
    return {
        name
        for name in names
        for pattern in IGNORED
        if fnmatch.fnmatch(str(here / name), pattern)
        or (pattern.startswith("**/") and fnmatch.fnmatch(name, pattern.removeprefix("**/")))
    }


def copied(rest: str, folder: Path) -> None:
    """Copy what a COPY names from this checkout into the working folder."""
    *sources, target = shlex.split(rest)
    for source in sources:
        place = (folder / target / source) if len(sources) > 1 or target.endswith("/") else folder / target
        place.parent.mkdir(parents=True, exist_ok=True)
        if (HERE / source).is_dir():
            shutil.copytree(HERE / source, place, ignore=ignored, dirs_exist_ok=True)
        else:
            shutil.copy(HERE / source, place)


def main(arguments: list[str]) -> int:
    """Run every step, then the image's command with some arguments; return its exit code."""
    with tempfile.TemporaryDirectory() as root:
        folder, environment, entry = Path(root), {"PATH": os.environ["PATH"], "HOME": root}, []
        for word, rest in instructions((HERE / "Containerfile").read_text()):
            print(f"--- {word} {rest}", flush=True)
            match word:
                case "FROM":
                    print(f"here: Python {sys.version.split()[0]}")
                case "WORKDIR":
                    folder = Path(root) / rest.lstrip("/")
                    folder.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    copied(rest, folder)
                case "RUN":
                    subprocess.run(rest, shell=True, cwd=folder, env=environment, check=True)  # noqa: S602
                case "ENTRYPOINT":
                    entry = json.loads(rest)
                case "CMD":
                    arguments = arguments or json.loads(rest)
                case _:
                    raise ValueError(f"{word}: an instruction that this does not know.")
        print(f"--- {shlex.join([*entry, *arguments])}", flush=True)
        return subprocess.run([*entry, *arguments], cwd=folder, env=environment, check=False).returncode  # noqa: S603


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
