"""Locks between processes on files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pim.db.locks import FileLock
from pim.errors import Retryable

HOLD = """
import sys
from pathlib import Path
from pim.db.locks import FileLock
lock = FileLock(Path(sys.argv[1])).exclusive()
print("held", flush=True)
sys.stdin.read()
"""


def test_sharers_share_and_keep_out_who_wants_it_alone(tmp_path):
    path = tmp_path / "lock"
    shares = [FileLock(path).shared(), FileLock(path).shared()]
    with pytest.raises(Retryable, match="Another process holds"):
        FileLock(path).exclusive(timeout=0)
    for share in shares:
        share.release()
    with FileLock(path).exclusive(timeout=0) as lock:
        assert lock.held
    assert not lock.held


def test_who_holds_it_alone_keeps_sharers_out(tmp_path):
    path = tmp_path / "lock"
    with FileLock(path).exclusive(), pytest.raises(Retryable):
        FileLock(path).shared(timeout=0.05)


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    path = tmp_path / "lock"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    holder.stdout.readline()
    with pytest.raises(Retryable):
        FileLock(path).exclusive(timeout=0)

    holder.kill()
    holder.communicate()

    with FileLock(path).exclusive(timeout=5) as lock:
        assert lock.held


def test_a_lock_that_is_not_held_may_be_released(tmp_path):
    FileLock(tmp_path / "lock").release()


def test_a_lock_file_that_we_may_only_read_still_locks(tmp_path):
    path = tmp_path / "lock"
    path.touch(mode=0o444)
    with FileLock(path).exclusive(timeout=0) as lock:
        assert lock.held
