import re

import pytest
from sqlalchemy import text as sql

CHANGED = (
    "UPDATE feed SET document = (document::jsonb || CAST(:part AS jsonb))::json WHERE code = :code"
)


def text(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


@pytest.fixture
def code(site) -> str:
    return str(site.one("SELECT code FROM feed ORDER BY code LIMIT 1"))


def publish(site, browser, code: str) -> int:
    answer = browser.post(f"/feeds/{code}/publish")
    assert answer.status_code == 303
    number = int(answer.location.rsplit("/", 1)[1])
    site.work_off(number)
    return number


def test_a_feed_is_published_by_a_run_and_its_files_can_be_fetched(site, browser, code):
    run = publish(site, browser, code)

    page = text(browser.get(f"/feeds/{code}"))
    record = site.one("SELECT max(id) FROM publication")
    files = re.findall(rf'href="(/feeds/{code}/publications/{record}/[^"]+)"', page)
    assert site.one("SELECT state FROM run WHERE id = :run", run=run) == "done"
    assert f"publication {record}" in page
    assert len(files) == 2
    for path in files:
        answer = browser.get(path)
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")


def test_only_files_that_the_manifest_names_are_given(site, browser, code):
    publish(site, browser, code)
    record = site.one("SELECT max(id) FROM publication")

    for name in ("ledger.parquet", "manifest.json", "..%2f..%2f..%2fsecret.key"):
        assert browser.get(f"/feeds/{code}/publications/{record}/{name}").status_code == 404


def test_the_quality_report_has_examples_and_says_how_to_mend(site, browser):
    code = site.one("SELECT code FROM feed WHERE document->>'exporter' = 'google_merchant' LIMIT 1")
    publish(site, browser, code)

    page = text(browser.get(f"/feeds/{code}/quality"))

    assert "How to mend it" in page
    assert "the item is kept back" in page
    assert re.search(r'href="/products\?q=[^"]+"', page)


def test_two_publications_are_compared_value_by_value(site, browser, code):
    publish(site, browser, code)
    with site.engine.begin() as connection:
        connection.execute(
            sql(CHANGED),
            {"code": code, "part": '{"link": "https://elsewhere.example"}'},
        )
    publish(site, browser, code)

    page = text(browser.get(f"/feeds/{code}/differences"))

    assert "items changed" in page
    assert "items removed" in page


def test_a_held_publication_is_released_with_a_reason(site, browser, code):
    publish(site, browser, code)
    held = publish_held(site, browser, code)
    page = text(browser.get(f"/feeds/{code}"))

    assert f"Publication {held} is held" in page
    assert "fewer than" in page
    assert browser.post(f"/feeds/{code}/release", data={"reason": " "}).status_code == 422

    browser.post(f"/feeds/{code}/release", data={"reason": "the season is over"})

    page = text(browser.get(f"/feeds/{code}"))
    assert "Released: the season is over" in page
    assert f"publication {held}" in page


def publish_held(site, browser, code: str) -> int:
    """Publish with a guard that no publication passes."""
    with site.engine.begin() as connection:
        connection.execute(
            sql(CHANGED), {"code": code, "part": '{"guards": {"min_items": 1000000}}'}
        )
    publish(site, browser, code)
    with site.engine.begin() as connection:
        connection.execute(sql(CHANGED), {"code": code, "part": '{"guards": {"min_items": 1}}'})
    return int(str(site.one("SELECT max(id) FROM publication")))


def test_an_earlier_publication_becomes_live_again(site, browser, code):
    publish(site, browser, code)
    first = site.one("SELECT max(id) FROM publication")
    publish(site, browser, code)

    answer = browser.post(f"/feeds/{code}/roll-back", data={"to": str(first)})

    assert answer.status_code == 303
    assert f"publication {first}</span>" in text(browser.get(f"/feeds/{code}"))


def test_after_publication_a_product_is_live(site, browser, code):
    publish(site, browser, code)
    uuid = site.one(
        "SELECT uuid FROM product WHERE parent_id IS NOT NULL AND enabled ORDER BY id LIMIT 1"
    )

    page = text(browser.get(f"/products/{uuid}/feeds"))
    assert re.search(r'class="tag live">.*?live\s*</span>', page)


def test_the_definition_is_shown_as_its_document(browser, code):
    page = text(browser.get(f"/feeds/{code}/definition"))

    assert "&#34;exporter&#34;" in page


def test_the_overview_shows_feeds_runs_and_changes(browser):
    page = text(browser.get("/"))

    assert "Complete products" in page
    assert "Import: demo" in page
    assert re.search(r'class="h\d+"', page)
