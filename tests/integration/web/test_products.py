import re

import pytest


def found(page: str) -> list[str]:
    return re.findall(r'class="sku" href="[^"]+">([^<]+)</a>', page)


def text(answer) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.get_data(as_text=True))


def test_the_list_shows_fifty_of_all(browser):
    page = text(browser.get("/products?sort=identifier"))

    assert len(found(page)) == 50
    assert found(page) == sorted(found(page))
    assert "2,102 products" in page
    assert "Page 1 of 43" in page


def test_the_last_page_has_the_rest(browser):
    page = text(browser.get("/products?page=43"))

    assert len(found(page)) == 2
    assert 'rel="next"' not in page


def test_pages_do_not_overlap(browser):
    first = found(text(browser.get("/products?sort=-identifier")))
    second = found(text(browser.get("/products?sort=-identifier&page=2")))

    assert not set(first) & set(second)
    assert min(first) > max(second)


def test_search_looks_at_identifiers_and_names(browser):
    assert found(text(browser.get("/products?q=ac-1001"))) == ["AC-1001"]
    assert all("derby" in row for row in rows(text(browser.get("/products?q=DERBY"))))


def rows(page: str) -> list[str]:
    return re.findall(r'<td class="label" dir="auto">\s*([^<]*)', page.lower())


def test_filters_add_up_and_stay_in_the_address(browser):
    page = text(browser.get("/products?family=shoes&enabled=yes&f=brand:NOT+EMPTY:&q=derby"))

    assert 0 < int(re.search(r"([\d,]+) products match", page)[1].replace(",", "")) < 1202
    assert "brand not empty" in page
    assert "f=brand:NOT+EMPTY:" in page.replace("%3A", ":")


def test_the_filter_form_speaks_the_addresses_language(browser):
    by_form = text(browser.get("/products?field=colour&operator=IN&value=black,navy"))
    by_link = text(browser.get("/products?f=colour:IN:black,navy"))

    assert found(by_form) == found(by_link)
    assert found(by_form)


@pytest.mark.parametrize(
    "filter_", ["price:>:100 GBP", "drop_date:>:2024-01-01", "vegan:=:yes", "weight:>:0.1 KILOGRAM"]
)
def test_every_kind_of_attribute_can_be_typed(browser, filter_):
    page = text(browser.get("/products", query_string={"f": filter_}))

    assert "A filter was left out" not in page
    assert found(page)


def test_a_filter_that_means_nothing_is_named_and_left_out(browser):
    page = text(browser.get("/products?f=colour:IN:nosuch"))

    assert "A filter was left out" in page
    assert "nosuch" in page
    assert "2,102 products" in page


def test_categories_count_what_lies_below_them(browser):
    inside = text(browser.get("/products?category=bags"))
    whole = text(browser.get("/products?category=master"))

    assert 0 < total(inside) < total(whole)


def total(page: str) -> int:
    return int(re.search(r"([\d,]+) products match", page)[1].replace(",", ""))


def test_complete_and_incomplete_are_all_that_have_a_family(browser):
    complete = total(text(browser.get("/products?complete=yes")))
    incomplete = total(text(browser.get("/products?complete=no")))

    assert complete + incomplete == 2102


def test_models_show_how_many_of_their_variants_are_complete(browser):
    page = text(browser.get("/products?level=models"))

    assert "163 product models" in page
    assert re.search(r"\d+ of \d+ </td>", page)


def test_nothing_found_teaches_the_way_out(browser):
    page = text(browser.get("/products?q=nothing-is-called-this"))

    assert "Nothing matches all of these conditions" in page
    assert "Show the whole catalogue" in page


def test_an_address_with_nonsense_is_the_plain_list(browser):
    assert "2,102 products" in text(browser.get("/products?page=-1&sort=;drop&level=x&f=::"))


def a_variant(site) -> str:
    return str(
        site.one(
            "SELECT uuid FROM product WHERE parent_id IS NOT NULL AND enabled ORDER BY id LIMIT 1"
        )
    )


def test_a_variant_says_what_it_inherits_and_from_where(site, browser):
    page = text(browser.get(f"/products/{a_variant(site)}"))

    assert page.count("inherited") > 10
    assert "/product-models/" in page
    assert 'aria-current="page">' in page


def test_values_follow_the_channel_and_the_locale(site, browser):
    uuid = a_variant(site)
    english = text(browser.get(f"/products/{uuid}?channel=web&locale=en_GB"))
    german = text(browser.get(f"/products/{uuid}?channel=web&locale=de_DE"))

    assert re.search(r"<h1[^>]*>([^<]+)", english)[1] != re.search(r"<h1[^>]*>([^<]+)", german)[1]
    assert 'value="de_DE" selected' in german


def test_the_choice_of_locale_is_remembered(browser):
    browser.get("/products?channel=web&locale=fr_FR")

    assert 'value="fr_FR" selected' in text(browser.get("/"))


def test_completeness_is_a_list_of_what_to_do(browser):
    listed = text(browser.get("/products?complete=no&channel=web&locale=en_GB"))
    page = text(browser.get(re.search(r'class="sku" href="([^"]+)"', listed)[1]))

    assert "Still to do" in page
    for code in re.findall(r'href="#attribute-(\w+)"', page):
        assert f'id="attribute-{code}" class="missing"' in page
    assert 'class="missing"' in page


def test_a_model_lists_its_children_with_their_axes(site, browser):
    uuid = site.one("SELECT uuid FROM product_model WHERE parent_id IS NULL ORDER BY id LIMIT 1")
    page = text(browser.get(f"/product-models/{uuid}"))

    assert "sub models</h2>" in page
    assert "Held by each" in page


def test_history_names_file_and_row(site, browser):
    page = text(browser.get(f"/products/{a_variant(site)}/history"))

    assert "created it" in page
    assert re.search(r"products\.csv, row \d+", page)


def test_a_product_stands_in_every_feed(site, browser):
    page = text(browser.get(f"/products/{a_variant(site)}/feeds"))

    states = re.findall(r"([a-z ]+)</span>\s*</td>\s*<td class=.code.>", page)
    # Other tests may have published some of the feeds: there the product is live.
    selecting = {"joins next", "held back", "live", "changed since"}
    assert len(states) == site.one("SELECT count(*) FROM feed")
    assert selecting & set(states)
    assert set(states) <= selecting | {"leaves next", "not in this feed"}


def test_sizes_that_nobody_asked_for_are_not_rendered(browser):
    assert browser.get("/media/17/a/b/c/d/x.png").status_code == 404
    assert browser.get("/media/64/../../etc/passwd").status_code == 404
