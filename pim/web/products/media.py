"""Pictures and files of products: small renditions of pictures, downloads of everything else."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, send_file
from PIL import Image, ImageOps, UnidentifiedImageError

from pim.assets.storage import file_name
from pim.web import state
from pim.web.products.values import is_picture
from pim.web.rules import allowed

pages = Blueprint("media", __name__, url_prefix="/media")

pages.add_app_template_filter(file_name, "file_name")
pages.add_app_template_filter(is_picture, "is_picture")

#: Widths in pixels that pages ask for; others are refused, so that the cache stays small.
WIDTHS: Final = (64, 160, 480, 1200)
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
LARGEST_FILE: Final = 40 * 1024 * 1024
LARGEST_PICTURE: Final = 60_000_000  # pixels: an ordinary camera's, not a bomb's


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
    digest = hashlib.sha256(key.encode()).hexdigest()
    folder = state.parts().settings.home / "renditions" / str(width) / digest[:2]
    path = folder / f"{digest}.webp"
    if not path.exists():
        content = _render(key, width)
        folder.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}.{id(content)}")
        temporary.write_bytes(content)
        temporary.replace(path)
    return path


def _render(key: str, width: int) -> bytes:
    """Return a picture no larger than `width` both ways, as WebP, without its metadata."""
    storage = state.parts().storage
    with storage.open(key) as source:
        if storage.size(key) > LARGEST_FILE:
            abort(413)
        content = source.read()
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
            if picture.width * picture.height > LARGEST_PICTURE:
                abort(413)
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((width, width))
            mode = "RGBA" if "A" in upright.getbands() or upright.mode == "P" else "RGB"
            out = io.BytesIO()
            upright.convert(mode).save(out, "WEBP", quality=82)
            return out.getvalue()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        abort(415)
