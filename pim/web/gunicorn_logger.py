"""Send gunicorn's lines through our chain; requests are noted by `pim.web.telemetry`."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger

from pim import logs
from pim.settings import Settings


class ChainedLogger(Logger):  # type: ignore[misc] # gunicorn brings no types
    """A logger of gunicorn without handlers of its own."""

    def setup(self, cfg: Config) -> None:
        """Set the chain up in the server's first process; its children inherit it."""
        super().setup(cfg)
        logs.configure(logs.settings_of(service=True), secrets=Settings.from_environment().secrets)
        for logger in (self.error_log, self.access_log):
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.NOTSET)

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Say nothing: the line of the request has been written."""
