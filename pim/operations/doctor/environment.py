"""Settings: known, readable, and not at odds with each other; versions and optional parts."""

from __future__ import annotations

import difflib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from PIL import features

from pim import logs
from pim.errors import PimError
from pim.operations.ages import parse_age
from pim.operations.backup import MARK
from pim.operations.doctor.finding import Finding, Patient, error, ok, warning
from pim.operations.retention import LEAST_HISTORY, LEAST_RUNS
from pim.storage import bucket_of

#: Every variable of ours; docs/settings.md explains each.
KNOWN: Final = frozenset(
    {
        "PIM_DATABASE_URL",
        "PIM_HOME",
        "PIM_KEEP_BIN",
        "PIM_KEEP_HISTORY",
        "PIM_KEEP_RUNS",
        "PIM_LOG_FORMAT",
        "PIM_LOG_LEVEL",
        "PIM_METRICS_TOKEN",
        "PIM_SECRET_KEY",
        "PIM_SHARED_DATA",
        "PIM_STORAGE_TIMEOUT",
        "PIM_STORAGE_URL",
        "PIM_TEST_DATABASE_URL",
    }
)
PACKAGES: Final = ("polka-pim", "polars", "pyarrow", "procrastinate", "psycopg", "sqlalchemy")
SHORTEST_SECRET: Final = 16
GIGABYTE: Final = 1024**3


def settings(patient: Patient) -> Iterator[Finding]:
    """Look at the variables of the environment."""
    for name in sorted(os.environ):
        if name.startswith("PIM_") and name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, n=1)
            mend = f"Did you mean {near[0]}?" if near else "docs/settings.md lists all of them."
            yield warning("settings", f"{name} is set, and nobody reads it.", mend=mend)
    yield from _unreadable(patient)
    yield from _at_odds(patient)
    if short := _short_secrets(patient):
        yield warning(
            "settings",
            f"{' and '.join(short)} should have {SHORTEST_SECRET} characters or more.",
            mend="Make a long one: python -c 'import secrets; print(secrets.token_hex(32))'",
        )
    yield ok("settings", f"The home is {patient.settings.home}.")


def _unreadable(patient: Patient) -> Iterator[Finding]:
    given = patient.settings
    ages = (
        ("PIM_KEEP_HISTORY", given.keep_history, LEAST_HISTORY),
        ("PIM_KEEP_RUNS", given.keep_runs, LEAST_RUNS),
    )
    for name, value, least in ages:
        try:
            if value:
                parse_age(value, what=name, least=least)
        except PimError as problem:
            yield error("settings", str(problem), mend=f"Correct {name}; nothing is removed now.")
    for check in (lambda: logs.settings_of(service=True), lambda: bucket_of(given)):
        try:
            check()
        except PimError as problem:
            yield error("settings", str(problem), mend="Correct it; services do not start so.")


def _at_odds(patient: Patient) -> Iterator[Finding]:
    given = patient.settings
    if (given.storage_url or "").startswith("s3://") and not given.database_url:
        yield warning(
            "settings",
            "PIM_STORAGE_URL is for several machines, and each has a database of its own.",
            mend="Set PIM_DATABASE_URL to one PostgreSQL for all, or leave the storage local.",
        )
    if given.database_url and not given.secret_key:
        yield warning(
            "settings",
            "Without PIM_SECRET_KEY each machine signs sessions with a key of its own.",
            mend="Set the same PIM_SECRET_KEY on all machines; one machine alone needs none.",
        )


def _short_secrets(patient: Patient) -> list[str]:
    given = {
        "PIM_SECRET_KEY": patient.settings.secret_key,
        "PIM_METRICS_TOKEN": patient.settings.metrics_token,
    }
    return [name for name, value in given.items() if value and len(value) < SHORTEST_SECRET]


def home(patient: Patient) -> Iterator[Finding]:
    """Look at the home: writable, private where it must be, with room."""
    place = patient.settings.home
    if not os.access(place, os.W_OK | os.X_OK):
        yield error("home", f"{place} cannot be written.", mend="Give it to who runs Polka.")
        return
    if (place / MARK).exists():
        yield error(
            "restore",
            "A restore was begun and not finished.",
            mend="Run the same pim restore again; until then nothing here is whole.",
        )
    key = place / "secret.key"
    if key.exists() and stat.S_IMODE(key.stat().st_mode) & 0o077:
        yield error(
            "home",
            f"{key} can be read by others: they could sign in as anybody.",
            mend=f"chmod 600 {key}",
            fix=lambda: _close(key),
        )
    usage = shutil.disk_usage(place)
    room = f"{usage.free / GIGABYTE:.1f} GB of {usage.total / GIGABYTE:.0f} GB are free"
    if usage.free < GIGABYTE:
        yield error("disk", f"{room}.", mend="Make room: everything stops when it is full.")
    elif usage.free < min(10 * GIGABYTE, usage.total / 10):
        yield warning("disk", f"{room}.", mend="Make room, see docs/guides/retention.md.")
    else:
        yield ok("disk", f"{room}.")


def _close(key: Path) -> str:
    key.chmod(0o600)
    return f"{key} is its owner's alone now."


def parts(patient: Patient) -> Iterator[Finding]:
    """Tell versions, and which optional parts are there."""
    known = [f"{name} {importlib.metadata.version(name)}" for name in PACKAGES]
    yield ok("versions", f"Python {platform.python_version()}, {', '.join(known)}.")
    missing = [name for name in ("webp", "jpg", "freetype2") if not features.check(name)]
    if missing:
        yield warning(
            "pictures",
            f"Pillow was built without {', '.join(missing)}.",
            mend="Install Pillow's own wheel: such pictures are shown as files.",
        )
    browser = next(filter(shutil.which, ("chromium", "chromium-browser", "google-chrome")), None)
    there = browser or "no Chromium: only the tests of pages want one"
    yield ok("optional parts", f"{there}; S3: {_installed('obstore')}.")


def _installed(name: str) -> str:
    return "installed" if importlib.util.find_spec(name) else "not installed (polka-pim[s3])"
