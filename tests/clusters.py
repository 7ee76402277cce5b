"""A real Dask cluster of processes on this machine: a scheduler, and workers that can be killed."""

import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from collecting import HERE
from distributed import Client

from insights.parallel import SINGLE

PATH = os.pathsep.join(str(place) for place in (HERE / "src", HERE / "tests"))


@dataclass
class Cluster:
    """The address of a scheduler, and the processes of its workers."""

    address: str
    workers: list[subprocess.Popen] = field(default_factory=list)


@contextmanager
def cluster(folder: Path, workers: int = 2):
    """Start a scheduler and workers of one thread each, and end them on leaving."""
    with ExitStack() as opened:
        file, about = folder / "scheduler.json", opened.enter_context((folder / "log").open("wb"))

        def start(*arguments):
            command = [sys.executable, "-m", "dask", *arguments, "--scheduler-file", str(file), "--no-dashboard"]
            environment = os.environ | SINGLE | {"PYTHONPATH": PATH}
            process = subprocess.Popen(command, stdout=about, stderr=about, env=environment)
            opened.callback(process.wait)
            opened.callback(process.kill)
            return process

        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        while not (file.exists() and file.read_text()):
            time.sleep(0.1)
        place = ["--no-nanny", "--nthreads", "1", "--local-directory", str(folder)]
        started = [start("worker", "--host", "127.0.0.1", *place) for _ in range(workers)]
        with Client(scheduler_file=str(file), set_as_default=False) as client:
            if workers:
                client.wait_for_workers(workers)
            address = client.scheduler.address
        yield Cluster(address, started)
