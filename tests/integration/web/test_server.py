import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import psutil
import pytest

SERVE = """
import sys
from pim.settings import Settings
from pim.web.server import serve
serve(Settings.from_environment(), port=int(sys.argv[1]), with_worker=True, processes=1)
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(port: int, *, seconds: float = 60) -> int:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready") as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        time.sleep(0.2)
    pytest.fail("The server did not become ready.")


@pytest.mark.slow
def test_the_server_starts_its_children_replaces_a_dead_worker_and_leaves_none(settings, port):
    environment = {"PIM_HOME": str(settings.home), "PIM_DATABASE_URL": settings.database_url}
    command = [sys.executable, "-c", SERVE, str(port)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as server:
        try:
            assert wait_until_ready(port) == 200
            parent = psutil.Process(server.pid)
            worker = next(
                c for c in parent.children() if "pim.jobs.worker" in " ".join(c.cmdline())
            )
            worker.kill()
            assert replaced(parent, worker.pid)
        finally:
            family = psutil.Process(server.pid).children(recursive=True)
            server.send_signal(signal.SIGTERM)
            assert server.wait(40) == 0
    assert psutil.wait_procs(family, timeout=5)[1] == []


def replaced(parent: psutil.Process, dead: int) -> bool:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        for child in parent.children():
            if child.pid != dead and "pim.jobs.worker" in " ".join(child.cmdline()):
                return True
        time.sleep(0.2)
    return False
