"""Find the folders that are not Python code, in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

from pim.errors import PimError

PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder `migrations` or `templates`.

    The wheel puts it inside the package, a checkout has it beside the package.
    """
    for base in (PACKAGE, PACKAGE.parent):
        if (base / name).is_dir():
            return base / name
    message = f"The folder {name!r} is missing beside {PACKAGE}: install Polka again."
    raise PimError(message)
