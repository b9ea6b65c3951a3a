"""Take the README's pictures from a served demo: `python -m tests.browser.pictures URL FOLDER`.

The pages are shown as they are after `pim demo` and one bulk edit with a publication behind it.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from pim.cli.demo import EMAIL, PASSWORD

PAGES = {
    "overview": "/",
    "catalogue": "/products?q=boot",
    "quality": "/feeds/google_en_gb/quality",
    "differences": "/feeds/google_en_gb/differences",
}
ARGUMENTS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
SIZE = {"width": 1440, "height": 860}


def take(page: Page, address: str, target: Path) -> None:
    """Save one page as a small PNG."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)


def sign_in(browser: Browser, url: str, scheme: str) -> Page:
    """Return a page of somebody who is signed in."""
    page = browser.new_context(viewport=SIZE, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    page.goto(url)
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state()
    return page


def main(url: str, folder: Path) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=[*ARGUMENTS])
        page = sign_in(browser, url, "light")
        for name, path in PAGES.items():
            take(page, url + path, folder / f"{name}.png")
        page.goto(url + PAGES["catalogue"])
        product = page.locator("td a").first.get_attribute("href")
        take(page, f"{url}{product}", folder / "product.png")
        dark = sign_in(browser, url, "dark")
        take(dark, f"{url}{product}", folder / "product-dark.png")


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), Path(sys.argv[2]))
