import pytest

from pim.access.roles import ACTIONS
from pim.web.rules import PUBLIC, SIGNED_IN, rule_of

#: What anybody may see; a new entry here is a decision.
OPEN = {
    "static",
    "operations.health",
    "operations.ready",
    "operations.show_metrics",
    "access.sign_in",
    "access.enter",
}


def example(rule) -> str:
    values = {"int": "1", "uuid": "00000000-0000-4000-8000-000000000000"}
    path = rule.rule
    for name, converter in rule._converters.items():
        kind = {"IntegerConverter": "int", "UUIDConverter": "uuid"}.get(type(converter).__name__)
        for prefix in ("int:", "uuid:", "path:", ""):
            path = path.replace(f"<{prefix}{name}>", values.get(kind or "", "x"))
    return path


def test_every_route_has_a_rule_that_is_known(site):
    for rule in site.app.url_map.iter_rules():
        found = rule_of(site.app.view_functions[rule.endpoint])

        assert found in {PUBLIC, SIGNED_IN, *ACTIONS}, f"{rule.endpoint} has no rule"


def test_only_what_must_be_open_is_open(site):
    views = site.app.view_functions

    assert {name for name, view in views.items() if rule_of(view) == PUBLIC} == OPEN


def test_somebody_who_has_not_signed_in_is_sent_to_sign_in_everywhere(site):
    client = site.app.test_client()
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint in OPEN:
            continue
        method = "POST" if "POST" in rule.methods else "GET"

        answer = client.open(example(rule), method=method)

        assert answer.status_code == 302, rule.endpoint
        assert answer.location.startswith("/sign-in"), rule.endpoint


@pytest.mark.parametrize(
    ("role", "status"), [("viewer", 403), ("editor", 404), ("administrator", 404)]
)
def test_publishing_needs_the_right_to_it(site, role, status):
    assert site.client(role).post("/feeds/nothing/publish").status_code == status


def test_a_viewer_is_not_offered_what_a_viewer_may_not_do(site):
    page = site.client("viewer").get("/").get_data(as_text=True)

    assert 'href="/products"' in page
    assert 'href="/imports"' not in page


def test_a_post_without_its_token_is_refused(site):
    site.app.config["WTF_CSRF_ENABLED"] = True
    try:
        answer = site.app.test_client().post("/sign-in", data={"email": "a", "password": "b"})
    finally:
        site.app.config["WTF_CSRF_ENABLED"] = False

    assert answer.status_code == 400
    assert "form has expired" in answer.get_data(as_text=True)
