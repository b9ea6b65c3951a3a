import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = (
    "/", "/products", "/products?level=models", "/products?q=nothing-like-this",
    "/products?family=shoes&complete=no&f=brand:NOT EMPTY:", "/feeds", "/feeds/google_de_de",
    "/feeds/google_de_de/quality",
    "/feeds/google_de_de/differences", "/feeds/google_de_de/definition", "/runs", "/runs/1",
    "/imports", "/account",
)  # fmt: skip


def places(page) -> list[str]:
    """Return every kind of page, with a product and a model that are there."""
    found = list(PAGES)
    for level in ("products", "models", "submodels"):
        page.goto(f"/products?level={level}&sort=identifier")
        path = page.locator("a.sku").first.get_attribute("href")
        found += [path, f"{path}/history"]
        if level == "products":
            found.append(f"{path}/feeds")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_and_breaks_no_policy(open_page, complaints, scheme):
    page = open_page(scheme=scheme)
    broken = []
    for place in places(page):
        page.goto(place)
        broken += [
            f"{place}: {v['id']}: {v['nodes'][0]['target']}"
            for v in Axe().run(page).response["violations"]
        ]

    assert broken == []
    assert complaints == []


def test_the_sign_in_page_is_accessible(chromium, address):
    page = chromium.new_page(base_url=address)
    page.goto("/")

    assert page.url.endswith("/sign-in?next=/")
    assert Axe().run(page).response["violations"] == []
    page.close()


@pytest.mark.parametrize("width", [1440, 800, 390])
def test_no_page_is_wider_than_its_window(open_page, width):
    page = open_page(width=width)
    wide = []
    for place in places(page):
        page.goto(place)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(place)

    assert wide == []


def test_a_product_is_found_by_keyboard_alone(open_page):
    page = open_page()
    page.keyboard.press("/")
    page.keyboard.type("ac-1001")
    page.keyboard.press("Enter")
    page.wait_for_url("**/products?q=ac-1001")
    link = page.locator("a.sku")
    link.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/products/*-*")
    assert "AC-1001" in page.inner_text("main")


def test_escape_closes_the_filter_and_gives_the_focus_back(open_page):
    page = open_page()
    page.goto("/products")
    page.click("text=Filter by an attribute")
    page.focus("#filter-value")
    page.keyboard.press("Escape")

    assert not page.locator("#filter-value").is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_filter_offers_the_operators_of_its_attribute(open_page):
    page = open_page()
    page.goto("/products")
    page.click("text=Filter by an attribute")
    page.select_option("#filter-field", "vegan")
    offered = page.eval_on_selector_all("#filter-operator option", "o => o.map(e => e.value)")
    page.select_option("#filter-operator", "=")
    page.fill("#filter-value", "yes")
    page.click("text=Add the filter")

    assert offered == ["=", "!=", "EMPTY", "NOT EMPTY"]
    assert "match" in page.inner_text("main")
    assert page.locator(".chip").inner_text().startswith("vegan = yes")


def test_choosing_a_locale_shows_its_values_at_once(open_page):
    page = open_page()
    page.goto("/products?q=ac-1001")
    page.click("a.sku")
    before = page.inner_text("h1")
    page.select_option("#context-locale", "de_DE")
    page.wait_for_url("**locale=de_DE")

    assert page.inner_text("h1") != before


def test_a_run_is_followed_to_its_end_without_reloading(open_page, site, complaints):
    page = open_page()
    page.goto("/feeds/google_de_de")
    page.click("text=Publish now")
    page.wait_for_url("**/runs/*")
    number = int(page.url.rsplit("/", 1)[1])
    assert "Waiting for a worker" in page.inner_text("main")

    site.work_off(number)

    page.wait_for_selector("[data-ended]", state="attached", timeout=10_000)
    assert "items" in page.inner_text("main")
    assert complaints == []


def test_a_viewer_sees_no_button_that_would_be_refused(open_page):
    page = open_page(role="viewer")
    page.goto("/feeds/google_de_de")

    assert page.locator("text=Publish now").count() == 0
    assert page.locator("nav >> text=Imports").count() == 0
