"""The command `pim`: thin edges over the services, one module per noun."""

from __future__ import annotations

from pim.cli.main import main

__all__ = ["main"]
