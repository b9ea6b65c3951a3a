"""Pictures of strangers may do anything to the process that decodes them: it is not ours."""

from __future__ import annotations

import io
import os
import signal
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from importers.sandbox import Bounds
from pim.assets.renderer import Renderer
from pim.errors import Refused

BLP = b"BLP2" + struct.pack("<i4bII", 1, 1, 0, 0, 0, 4, 4) + bytes(2048)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    renderer = Renderer()
    yield renderer
    renderer.close()


def photo(kind: str = "JPEG", size: tuple[int, int] = (600, 400), **more: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(out, kind, **more)
    return out.getvalue()


def png(width: int, height: int, *, rows: int) -> bytes:
    """Return a PNG in colour that says how large it is, and holds so many black rows."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checked = kind + body
        return struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))

    packed = zlib.compress(bytes((width * 3 + 1) * rows), 1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def endless() -> bytes:
    """Return a small file of a large progressive JPEG that refines itself again and again."""
    whole = photo_of_one_colour((7500, 8000))
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 200 + whole[-2:]


def photo_of_one_colour(size: tuple[int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, "JPEG", progressive=True)
    return out.getvalue()


def size_of(drawn: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(drawn), formats=["WEBP"]) as picture:
        return picture.size


def running() -> set[int]:
    """Return the processes that this one has started."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(number) for number in found}


@pytest.fixture
def children() -> Callable[[], set[int]]:
    """Return what tells which processes the test has started."""
    before = running()
    return lambda: running() - before


def peak_megabytes(process: int) -> int:
    """Return the largest address space that a process has had."""
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmPeak"))
    return int(line.split()[1]) // 1024


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_keeps_its_shape(renderer: Renderer, kind: str) -> None:
    assert size_of(renderer.render(photo(kind), 160)) == (160, 107)


def test_a_camera_held_upright_gives_an_upright_picture(renderer: Renderer) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter

    assert size_of(renderer.render(photo(exif=exif), 160)) == (107, 160)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(png(30_000, 30_000, rows=1), id="a bomb of 900 million pixels"),
        pytest.param(png(2**31 - 1, 2**31 - 1, rows=0), id="absurd dimensions"),
        pytest.param(photo()[:900], id="a JPEG that was cut"),
        pytest.param(photo("PNG")[:900], id="a PNG that was cut"),
        pytest.param(BLP, id="another format"),
        pytest.param(photo("TIFF"), id="another format of pictures"),
        pytest.param(SVG, id="a drawing with a script"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_cannot_be_shown_is_refused_and_the_next_picture_is_drawn(
    renderer: Renderer, content: bytes
) -> None:
    with pytest.raises(Refused):
        renderer.render(content, 64)

    assert size_of(renderer.render(photo(), 64)) == (64, 43)


def test_the_largest_picture_allowed_fits_into_the_memory(renderer: Renderer) -> None:
    assert size_of(renderer.render(png(7500, 8000, rows=8000), 64)) == (60, 64)


def test_more_memory_than_allowed_is_refused_and_bounded(children: Callable[[], set[int]]) -> None:
    renderer = Renderer(bounds=Bounds(memory=200 * 1024**2, seconds=20))
    content = photo("PNG", (4, 4))
    renderer.render(content, 64)
    (child,) = children()

    with pytest.raises(Refused):
        renderer.render(png(7500, 8000, rows=1), 64)

    assert peak_megabytes(child) < 200
    assert size_of(renderer.render(content, 64)) == (4, 4)
    renderer.close()


def test_a_child_that_dies_at_a_picture_is_replaced(
    children: Callable[[], set[int]], renderer: Renderer
) -> None:
    renderer.render(photo(), 64)
    (first,) = children()
    os.kill(first, signal.SIGKILL)

    assert size_of(renderer.render(photo(), 64)) == (64, 43)

    assert first not in children()


def test_a_child_that_hangs_is_replaced(children: Callable[[], set[int]]) -> None:
    renderer = Renderer(patience=3)
    renderer.render(photo(), 64)
    (child,) = children()
    os.kill(child, signal.SIGSTOP)

    assert size_of(renderer.render(photo(), 64)) == (64, 43)

    assert child not in children()
    renderer.close()


def test_a_picture_that_takes_too_long_is_refused(children: Callable[[], set[int]]) -> None:
    renderer = Renderer(patience=2)
    start = time.monotonic()

    with pytest.raises(Refused, match="takes too much"):
        renderer.render(endless(), 64)

    assert time.monotonic() - start < 8
    assert not children()


def test_a_child_is_replaced_after_its_share(children: Callable[[], set[int]]) -> None:
    renderer = Renderer(share=2)

    seen = set()
    for _ in range(4):
        renderer.render(photo(), 64)
        seen.update(children())

    assert len(seen) == 2
    assert not children()
