"""Shrink pictures of strangers. Runs in a child process, which `pim.assets.renderer` keeps."""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO, Final

from PIL import Image, ImageOps

from importers.sandbox import HEADER, Bounds, limit, write_frame
from pim.errors import Refused

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF")
LARGEST_PICTURE: Final = 60_000_000  # pixels: an ordinary camera's, not a bomb's

#: Kinds of frames: what the parent asks, that the child is ready, and its two answers.
ASKED, READY, DRAWN, REFUSED = b"A", b"R", b"D", b"X"
WIDTH: Final = 4  # bytes before the picture, in a frame that asks


def shrink(content: bytes, width: int) -> bytes:
    """Return a picture no larger than `width` both ways, as WebP, without its metadata.

    Raises Refused for what is no picture, damaged or too large.
    """
    try:
        return _shrink(content, width)
    except Exception as error:  # a damaged file makes decoders raise anything
        raise Refused(f"It is no picture that can be shown ({error}).") from error


def _shrink(content: bytes, width: int) -> bytes:
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        if picture.width * picture.height > LARGEST_PICTURE:
            raise ValueError(f"more than {LARGEST_PICTURE:,} pixels")
        picture.thumbnail((width, width))  # first: a JPEG is then decoded no larger than needed
        upright = ImageOps.exif_transpose(picture)
        mode = "RGBA" if "A" in upright.getbands() or upright.mode == "P" else "RGB"
        out = io.BytesIO()
        upright.convert(mode).save(out, "WEBP", quality=82)
        return out.getvalue()


def serve(boot: Mapping[str, Any]) -> None:
    """Answer one picture after the other, until the parent closes the pipe."""
    Image.init()
    limit(Bounds(*boot["bounds"]))
    asked, out = sys.stdin.buffer, sys.stdout.buffer
    write_frame(out, READY, b"")
    while head := asked.read(HEADER):
        body = asked.read(int.from_bytes(head[1:], "big"))
        _answer(out, body[WIDTH:], int.from_bytes(body[:WIDTH], "big"))


def _answer(out: BinaryIO, content: bytes, width: int) -> None:
    try:
        write_frame(out, DRAWN, shrink(content, width))
    except Refused as refusal:
        write_frame(out, REFUSED, str(refusal).encode())
