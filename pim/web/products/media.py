"""Pictures and files of products: small renditions of pictures, downloads of everything else."""

from __future__ import annotations

import hashlib
import io
import secrets
import time
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, send_file

from pim.assets.storage import file_name
from pim.errors import Refused
from pim.web import state
from pim.web.products.values import is_picture
from pim.web.rules import allowed

pages = Blueprint("media", __name__, url_prefix="/media")

pages.add_app_template_filter(file_name, "file_name")
pages.add_app_template_filter(is_picture, "is_picture")

#: Widths in pixels that pages ask for; others are refused, so that the cache stays small.
WIDTHS: Final = (64, 160, 480, 1200)
LARGEST_FILE: Final = 40 * 1024 * 1024
#: Seconds after which a picture that could not be drawn is tried again.
TRIED_AGAIN: Final = 24 * 3600


@pages.get("/<int:width>/<path:key>")
@allowed("products.view")
def rendition(width: int, key: str) -> Response:
    """Show a picture at one of the known widths."""
    if width not in WIDTHS:
        abort(404)
    path = _cached(key, width)
    answer = send_file(path, mimetype="image/webp", max_age=86400)
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return answer


@pages.get("/file/<path:key>")
@allowed("products.view")
def file(key: str) -> Response:
    """Download a stored file as it was given; nothing of it is shown in the page's own origin."""
    with state.parts().storage.open(key) as source:
        content = io.BytesIO(source.read(LARGEST_FILE))
    return send_file(
        content,
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=file_name(key),
    )


def _cached(key: str, width: int) -> Path:
    """Return the file of a rendition, drawn now if need be; aborts for what is no picture."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    folder = state.parts().settings.home / "renditions" / str(width) / digest[:2]
    path = folder / f"{digest}.webp"
    if not path.exists():
        unfit = folder / f"{digest}.unfit"
        if _is_recent(unfit):
            abort(415)
        content = _render(key, width)
        _write(path if content else unfit, content)
        if not content:
            abort(415)
    return path


def _is_recent(mark: Path) -> bool:
    try:
        return time.time() - mark.stat().st_mtime < TRIED_AGAIN
    except FileNotFoundError:
        return False


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}")  # others may draw it too
    temporary.write_bytes(content)
    temporary.replace(path)


def _render(key: str, width: int) -> bytes:
    """Return a small picture as WebP, or nothing for a file that is none."""
    storage = state.parts().storage
    with storage.open(key) as source:
        content = source.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        return b""
    try:
        return state.parts().renderer.render(content, width)
    except Refused:
        return b""
