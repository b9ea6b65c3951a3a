import pytest

from tests.site import PASSWORD, email


def sign_in(client, role="viewer", password=PASSWORD, **more):
    return client.post("/sign-in", data={"email": email(role), "password": password, **more})


def test_after_signing_in_one_is_where_one_wanted_to_be(site):
    client = site.app.test_client()
    sent = client.get("/products?q=tote")

    answer = sign_in(client, next=sent.location.partition("next=")[2].replace("%3F", "?"))

    assert sent.location == "/sign-in?next=/products?q%3Dtote"
    assert answer.location.startswith("/products")


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "",
    ],
)
def test_a_link_never_leads_away_from_the_site(site, target):
    assert sign_in(site.app.test_client(), next=target).location == "/"


def test_a_wrong_password_keeps_the_address_and_says_so(site):
    answer = sign_in(site.app.test_client(), password="wrong", role="editor")

    page = answer.get_data(as_text=True)
    assert answer.status_code == 403
    assert email("editor") in page
    assert "do not belong together" in page
    assert "wrong" not in page.split("<form")[1].split("</form>")[0].replace("do not", "")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site):
    cookie = sign_in(site.app.test_client()).headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize(("address", "secure"), [("https://shelf", True), ("http://shelf", False)])
def test_a_cookie_given_over_https_never_leaves_it(site, address, secure):
    client = site.app.test_client()

    data = {"email": email("viewer"), "password": PASSWORD}
    answer = client.post("/sign-in", data=data, base_url=address)

    assert ("Secure" in answer.headers["Set-Cookie"]) is secure


def test_each_session_has_an_id_of_its_own(site):
    client = site.app.test_client()
    ids = []
    for _ in range(2):
        sign_in(client)
        with client.session_transaction() as session:
            ids.append(session["id"])

    assert ids[0] != ids[1]


def test_signing_out_ends_the_session(site):
    client = site.client("viewer")
    client.post("/sign-out")

    assert client.get("/").status_code == 302


def test_a_new_password_ends_every_other_session(site):
    here, there = site.client("editor"), site.client("editor")

    answer = here.post("/account/password", data={"old": PASSWORD, "new": PASSWORD + "!"})

    assert answer.status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    here.post("/account/password", data={"old": PASSWORD + "!", "new": PASSWORD})


def test_a_refused_password_says_why(site):
    answer = site.client("viewer").post("/account/password", data={"old": PASSWORD, "new": "x"})

    assert answer.status_code == 422
    assert "10 to 200 characters" in answer.get_data(as_text=True)


def test_the_chosen_theme_is_in_the_page_before_it_is_painted(site):
    client = site.client("viewer")
    client.post("/account/theme", data={"theme": "dark"})

    assert 'data-theme="dark"' in client.get("/").get_data(as_text=True)
