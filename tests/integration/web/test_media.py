import io
import os
import shutil

import pytest
from PIL import Image

from pim.assets.storage import Storage


@pytest.fixture
def stored(site, tmp_path):
    def store(name: str, content: bytes) -> str:
        path = tmp_path / name
        path.write_bytes(content)
        return Storage.from_settings(site.settings).put(path)

    return store


def picture(kind: str = "PNG", size=(300, 200)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "navy").save(out, kind)
    return out.getvalue()


def test_a_rendition_is_small_and_made_once(site, browser, stored):
    key = stored("shoe.png", picture())

    answers = [browser.get(f"/media/64/{key}") for _ in range(2)]

    assert Image.open(io.BytesIO(answers[0].data)).size == (64, 43)
    assert answers[0].mimetype == "image/webp"
    assert answers[0].data == answers[1].data
    assert len(list((site.settings.home / "renditions" / "64").rglob("*.webp"))) >= 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("script.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("cut.png", picture()[:60]),
        ("huge.png", picture()[:16] + b"\x7f\xff\xff\xff" * 2 + picture()[24:]),
    ],
)
def test_what_is_no_picture_is_never_shown_as_one(browser, stored, name, content):
    answer = browser.get(f"/media/64/{stored(name, content)}")

    assert answer.status_code == 415
    assert answer.mimetype == "text/html"
    assert b"alert(1)" not in answer.data


def test_what_is_no_picture_is_looked_at_once(site, browser, stored):
    key = stored("page.webp", b"no picture")
    shutil.rmtree(site.settings.home / "renditions", ignore_errors=True)
    browser.get(f"/media/64/{key}")
    (mark,) = (site.settings.home / "renditions" / "64").rglob("*.unfit")
    told = mark.stat().st_mtime_ns

    assert browser.get(f"/media/64/{key}").status_code == 415
    assert mark.stat().st_mtime_ns == told

    os.utime(mark, (0, 0))
    assert browser.get(f"/media/64/{key}").status_code == 415
    assert mark.stat().st_mtime > 0


def test_a_file_is_downloaded_and_not_shown(browser, stored):
    answer = browser.get(f"/media/file/{stored('page.html', b'<script>alert(1)</script>')}")

    assert answer.headers["Content-Disposition"] == "attachment; filename=page.html"
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_key_cannot_leave_the_storage(browser):
    assert browser.get("/media/file/../../../../etc/passwd").status_code == 404
    assert browser.get("/media/file/a/b/c/d/%2e%2e%2fsecret.key").status_code == 404
