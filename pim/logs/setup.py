"""Set logging up once per process: JSON lines for machines, coloured lines for people."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TextIO

import orjson
import structlog
from structlog.typing import Processor

from pim.errors import Refused
from pim.logs.secrets import Redactor

Format = Literal["json", "console"]

FORMATS: Final = ("json", "console")
LEVELS: Final = ("debug", "info", "warning", "error")

#: Loggers whose INFO says nothing to an operator.
QUIET: Final = ("alembic", "asyncio", "fsspec", "PIL", "procrastinate", "s3fs", "urllib3")
#: Loggers that warn of what we handle: of a worker as main module, of each try to connect.
CHATTY: Final = ("procrastinate.blueprints", "psycopg.pool")


@dataclass(frozen=True, kw_only=True)
class LogSettings:
    """How to log: `format` json or console, `level` debug, info, warning or error."""

    format: Format
    level: str


def settings_of(*, service: bool) -> LogSettings:
    """Read PIM_LOG_FORMAT and PIM_LOG_LEVEL.

    A service (worker, pages) logs JSON from INFO on, a command readable lines from WARNING on.
    Raises Refused for a word that is neither.
    """
    chosen = _word("PIM_LOG_FORMAT", FORMATS, "json" if service else "console")
    level = _word("PIM_LOG_LEVEL", LEVELS, "info" if service else "warning")
    return LogSettings(format="json" if chosen == "json" else "console", level=level)


def configure(
    settings: LogSettings,
    *,
    secrets: Sequence[str | None] = (),
    always: Mapping[str, object] | None = None,
    stream: TextIO | None = None,
) -> None:
    """Send every line of this process through one chain to standard error.

    `secrets` never appear in any line: passwords, keys, or URLs that hold a password. `always`
    are names that every line of the process carries, whatever its thread.
    """
    shared = _shared(dict(always or {}))
    handler = logging.StreamHandler(stream) if stream else _ToStandardError()
    handler.setFormatter(_formatter(settings, shared, Redactor(secrets)))
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.level.upper())
    if settings.level != "debug":
        for name in QUIET:
            logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
        for name in CHATTY:
            logging.getLogger(name).setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def reset() -> None:
    """Hand our lines to the standard library's loggers as they are: nobody has set them up."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.render_to_log_kwargs,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.captureWarnings(capture=False)


def _shared(always: Mapping[str, object]) -> list[Processor]:
    """Return what every line goes through, ours or a library's."""

    def of_process(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Any:
        return {**always, **event}

    return [
        of_process,
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _formatter(
    settings: LogSettings, shared: Sequence[Processor], redact: Redactor
) -> logging.Formatter:
    render: Sequence[Processor]
    if settings.format == "json":
        render = [structlog.processors.format_exc_info, _as_json]
    else:
        plain = structlog.dev.plain_traceback
        render = [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)]
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return _Redacting(
        redact,
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[remove, *render],
    )


class _ToStandardError(logging.StreamHandler[TextIO]):
    """A handler that writes to whatever standard error is at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override] # the base class keeps one for ever
        """Return where lines go now."""
        return sys.stderr


class _Redacting(structlog.stdlib.ProcessorFormatter):
    """A formatter whose lines hold no secrets, whatever they are made of."""

    def __init__(self, redact: Redactor, **options: Any) -> None:
        super().__init__(**options)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line, or as a line and a traceback on the console."""
        return self._redact(super().format(record))


def _as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """Return an event as one line of JSON: time, level and words first."""
    first = {name: event.pop(name, None) for name in ("timestamp", "level", "event")}
    return orjson.dumps({**first, **event}, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _word(name: str, known: Sequence[str], default: str) -> str:
    given = (os.environ.get(name) or default).lower()
    if given not in known:
        raise Refused(f"{name} is {given!r}: write one of {', '.join(known)}.")
    return given
