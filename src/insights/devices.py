"""Devices: the processor, and a GPU where there is one and the parameters let it be used."""

import functools
import shutil
import subprocess

from insights.params import Compute

CPU, GPU = "cpu", "cuda"
SECONDS = 20  # that the driver may take to answer


class DeviceError(RuntimeError):
    """A device that is asked for and not there; the message names the parameter and the remedy."""


@functools.cache
def seen() -> tuple[str, ...]:
    """Return the names of the GPUs that NVIDIA's driver sees on this machine; none where there is no driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    asked = [program, "--query-gpu=name", "--format=csv,noheader"]
    try:
        told = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return ()  # a driver without a device ends with an error
    return tuple(line.strip() for line in told.stdout.splitlines() if line.strip())


def chosen(compute: Compute) -> str:
    """Return on what boosted trees are fitted, ``cpu`` or ``cuda``."""
    if compute.device == "auto":
        return GPU if seen() else CPU
    return compute.device


def check(compute: Compute) -> None:
    """Refuse a GPU that is asked for by name where none is seen.

    Raises
    ------
    DeviceError
    """
    if compute.device == GPU and not seen():
        raise DeviceError(
            "compute.device is cuda, and no GPU is seen here (nvidia-smi names none). Set it to auto, which uses one "
            "where it is, or to cpu."
        )
