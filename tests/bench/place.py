"""Where a benchmark runs: its folders, its size, and the commands of `pim` inside one process."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from pim.cli.context import Cli
from pim.cli.main import commands
from pim.projection import Projection
from pim.settings import Settings


@dataclass(frozen=True)
class Place:
    """A scratch folder with a home and generated files; `size` products, `feeds` feeds."""

    scratch: Path
    size: int
    feeds: int

    @property
    def home(self) -> Path:
        """Return the folder that is PIM_HOME."""
        return self.scratch / "home"

    @property
    def settings(self) -> Settings:
        """Return the settings of the benchmark's home."""
        return Settings.from_environment()

    @property
    def files(self) -> Path:
        """Return the folder of the generated catalogue."""
        return self.scratch / "files"

    def made(self, name: str) -> Path:
        """Return where a file lies that a step has prepared."""
        return self.scratch / "made" / name

    def share(self, of_full_size: int) -> int:
        """Return as much of this size as a number is of 700,000, at least one."""
        return max(1, self.size * of_full_size // 700_000)

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Yield an engine on the benchmark's database."""
        with Cli(self.settings).engine() as engine:
            yield engine

    def scalar(self, query: str, **parameters: Any) -> Any:
        """Return one value from the database."""
        with self.engine() as engine, engine.connect() as connection:
            return connection.execute(text(query), parameters).scalar()

    @contextmanager
    def projection(self) -> Iterator[Projection]:
        """Yield the projection as it stands."""
        with self.engine() as engine:
            yield Projection(self.settings.projection, engine)

    def pim(self, *arguments: str) -> tuple[Any, float]:
        """Run a command of `pim` here; return its answer and its seconds.

        Modules are loaded before, as in a process that has been at work for a while.
        """
        group = commands()
        output = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
        began = time.perf_counter()
        with contextlib.redirect_stdout(output):
            code = _run(group, [*arguments, "--json"])
        seconds = time.perf_counter() - began
        output.seek(0)
        answer = output.read()
        if code > 1:
            raise RuntimeError(f"pim {' '.join(arguments)[:200]} ended with {code}: {answer[:500]}")
        return json.loads(answer), seconds

    def remember(self, name: str, value: Any) -> None:
        """Keep something for a later step."""
        (self.scratch / f"{name}.json").write_text(json.dumps(value), "utf-8")

    def recall(self, name: str) -> Any:
        """Return what an earlier step kept."""
        return json.loads((self.scratch / f"{name}.json").read_text("utf-8"))


def _run(group: Any, arguments: list[str]) -> int:
    try:
        group.main(arguments, prog_name="pim", standalone_mode=False)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
