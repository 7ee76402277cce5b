import os
import subprocess
import sys

import pytest

GUARDED = "from insights import offline\noffline.forbid()\noffline.forbid()\nimport socket\n"


def run(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", GUARDED + code], env=os.environ | environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("attempt", "host"),
    [
        ("socket.create_connection(('192.0.2.1', 80))", "192.0.2.1"),
        ("socket.socket().connect(('192.0.2.1', 80))", "192.0.2.1"),
        ("socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))", "2001:db8::1"),
        ("socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('192.0.2.1', 53))", "192.0.2.1"),
        ("socket.getaddrinfo('example.org', 80)", "example.org"),
        ("socket.gethostbyname('example.org')", "example.org"),
        ("import urllib.request; urllib.request.urlopen('http://example.org')", "example.org"),
    ],
)
def test_whatever_leaves_the_machine_is_refused_and_logged(attempt, host, tmp_path):
    log = tmp_path / "attempts"
    code, told = run(attempt, INSIGHTS_OFFLINE_LOG=str(log))
    assert code != 0
    assert f"{host}: a run opens no connection" in told
    assert host in log.read_text()


def test_an_attempt_that_a_library_swallows_is_still_logged_once(tmp_path):
    log = tmp_path / "attempts"
    swallowed = "try:\n  socket.getaddrinfo('example.org', 80)\nexcept OSError:\n  pass"
    assert run(swallowed, INSIGHTS_OFFLINE_LOG=str(log)) == (0, "")
    assert log.read_text() == "socket.getaddrinfo example.org\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_machine_itself_can_be_reached(host):
    code = (
        "server = socket.create_server(('127.0.0.1', 0))\n"
        f"socket.create_connection(('{host}', server.getsockname()[1]))"
    )
    assert run(code) == (0, "")


def test_a_host_that_was_allowed_can_be_looked_up_and_no_other():
    assert run("offline.allow('192.0.2.1')\nsocket.getaddrinfo('192.0.2.1', 80)") == (0, "")
    code, told = run("offline.allow('192.0.2.1')\nsocket.getaddrinfo('192.0.2.2', 80)")
    assert code != 0 and "192.0.2.2: a run opens no connection" in told


def test_sockets_of_the_file_system_can_be_reached(tmp_path):
    code = (
        f"path = {str(tmp_path / 's')!r}\nserver = socket.socket(socket.AF_UNIX)\n"
        "server.bind(path)\nserver.listen()\nsocket.socket(socket.AF_UNIX).connect(path)"
    )
    assert run(code) == (0, "")
