"""The kernel of a run: an ordinary IPython kernel that cannot leave the machine.

The guard is up before IPython is imported, so no notebook runs without it: if it cannot be put up, the
kernel does not start.
"""

import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.paths import jupyter_runtime_dir
from traitlets import default

from insights import offline

QUIET = "--log-level=50"  # what a cell raises is told by the notebook; an interrupt at the end is nobody's error


class GuardedKernelManager(AsyncKernelManager):
    """Starts this module as the kernel, whatever kernels the user has installed.

    It is spoken to over sockets of the file system, which no other user of the machine can reach.
    """

    @property
    def kernel_spec(self) -> KernelSpec:
        """The guarded kernel, run by the interpreter that runs this."""
        command = [sys.executable, "-m", "insights.running.kernel", "-f", "{connection_file}", QUIET]
        return KernelSpec(argv=command, display_name="Insights", language="python")

    @default("transport")
    def _file_system(self):
        return "ipc"

    @default("connection_file")
    def _short_path(self):
        return str(Path(jupyter_runtime_dir()) / "k.json")


def main() -> None:
    """Put up the guard and become a kernel."""
    offline.forbid()
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()


if __name__ == "__main__":
    main()
