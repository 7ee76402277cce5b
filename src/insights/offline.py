"""Offline: a guard that lets a process talk to its own machine only, and to whom the parameters name.

Some libraries look for updates when they are imported. A run must not tell anyone that it takes place, nor
depend on anyone being reachable, so the runner and its kernels refuse connections and name lookups that
leave the machine. The guard sits on Python's audit events and cannot be taken off again; it holds for one
process, and code that opens sockets outside Python's ``socket`` module does not pass it.
"""

import ipaddress
import os
import socket
import sys
from pathlib import Path

LOG_VARIABLE = "INSIGHTS_OFFLINE_LOG"

_ADDRESSED = {"socket.connect", "socket.sendto", "socket.sendmsg"}
_LOOKED_UP = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
_REMOTE = {socket.AF_INET, socket.AF_INET6}
_QUIET = {"TQDM_DISABLE": "1", "DO_NOT_TRACK": "1"}


class OfflineError(OSError):
    """A connection or name lookup that would have left this machine."""


def forbid() -> None:
    """Refuse, from now on in this process, whatever would leave the machine.

    Attempts are appended to the file that ``INSIGHTS_OFFLINE_LOG`` names, where it is set, so that one that
    a library swallows is still found.
    """
    global _forbidden
    if not _forbidden:
        sys.addaudithook(_guard)
        _forbidden = True


def allow(host: str) -> None:
    """Let this process talk to a host that the parameters name, such as a scheduler's.

    Raises
    ------
    OSError
        If its name is not known.
    """
    _allowed.add(host)
    _allowed.update(found[4][0] for found in socket.getaddrinfo(host, None))


def quiet() -> dict[str, str]:
    """Return the environment variables that ask libraries not to call home nor to draw progress bars."""
    return dict(_QUIET)


_forbidden = False
_allowed: set[str] = set()


def _guard(event, args):
    if event in _ADDRESSED:
        host = args[1][0] if args[0].family in _REMOTE and args[1] else None
    elif event in _LOOKED_UP:
        host = args[0]
    else:
        return
    if not _local(host):
        _refuse(event, host)


def _local(host):
    """Say whether a host is this machine, or allowed; sockets without a host are local by nature."""
    if host is None:
        return True
    name = (host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)).split("%")[0]
    if name in ("", "localhost", socket.gethostname()) or name in _allowed:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(event, host):
    log = os.environ.get(LOG_VARIABLE)
    if log:
        with Path(log).open("a", encoding="utf-8") as attempts:
            attempts.write(f"{event} {host}\n")
    raise OfflineError(
        f"{event} to {host}: a run opens no connection. Bring the data as files, and switch off the look-up."
    )
