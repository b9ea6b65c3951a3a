"""Who may approve what, and which change sets wait for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pim.access.limits import set_approval_above
from pim.db.unit_of_work import unit_of_work
from pim.editing.change_sets import service
from pim.editing.change_sets.pages import Filter
from pim.errors import NotFound, NotPermitted, Refused
from tests.factories.catalogue import Catalogue
from tests.factories.planner import Planner

STOCK = {"type": "set", "field": "stock", "value": 77}
#: So many products get another stock.
REACHED = 6


@pytest.fixture
def planner(catalogue: Catalogue) -> Iterator[Planner]:
    made = Planner(catalogue)
    yield made
    made.close()


def limit(catalogue: Catalogue, role: str, products: int | None) -> None:
    with unit_of_work(catalogue.engine) as work:
        set_approval_above(work, role, products)


def submitted(author: Planner) -> int:
    number = author.draft([STOCK])
    author.preview(number)
    author.act(service.submit, number, "Please look")
    return number


@pytest.mark.parametrize(
    ("role", "above", "waits"),
    [
        ("editor", None, False),
        ("editor", REACHED, False),
        ("editor", REACHED - 1, True),
        ("editor", 0, True),
        ("approver", 0, False),
    ],
)
def test_the_authors_role_says_which_edits_need_approval(
    catalogue: Catalogue, planner: Planner, role: str, above: int | None, waits: bool
) -> None:
    limit(catalogue, "editor", above)
    author = planner.person("ann", role)
    number = author.draft([STOCK])
    author.preview(number)

    if waits:
        assert f"reaches {REACHED} products" in author.show(number)["needs_approval"]
        with pytest.raises(Refused, match="needs approval before it is run"):
            author.run(number)
        assert author.state(number) == "previewed"
    else:
        assert author.show(number)["needs_approval"] is None
        assert author.run(number)["reached"] == REACHED


def test_what_is_unticked_does_not_count(catalogue: Catalogue, planner: Planner) -> None:
    limit(catalogue, "editor", REACHED - 1)
    author = planner.person("ann", "editor")
    number = author.draft([STOCK])
    author.preview(number)

    author.choose(number, Filter(identifiers=["wax"]), ticked=False)

    assert author.run(number)["reached"] == REACHED - 1


@pytest.mark.parametrize(
    ("role", "may"),
    [("administrator", True), ("approver", True), ("editor", False), ("viewer", False)],
)
def test_only_some_roles_approve_and_reject(planner: Planner, role: str, may: bool) -> None:
    author, second = planner.person("ann", "administrator"), planner.person("bob", role)
    number = submitted(author)

    if not may:
        for verb in (service.approve, service.reject):
            with pytest.raises(NotPermitted, match="approve the bulk edits of others"):
                second.act(verb, number, "No")
        assert author.state(number) == "awaiting_approval"
        return
    second.act(service.approve, number, "Good")

    assert author.state(number) == "approved"
    author.run(number)
    assert author.state(number) == "done"


def test_nobody_approves_their_own(planner: Planner) -> None:
    author = planner.person("ann", "administrator")
    number = submitted(author)

    with pytest.raises(NotPermitted, match="your own work"):
        author.act(service.approve, number)


def test_who_has_changed_a_draft_of_another_does_not_approve_it(planner: Planner) -> None:
    author, second = planner.person("ann", "editor"), planner.person("bob", "approver")
    number = author.draft([STOCK])
    author.preview(number)
    second.choose(number, Filter(identifiers=["wax"]), ticked=False)
    author.act(service.submit, number)

    with pytest.raises(NotPermitted, match="your own work"):
        second.act(service.approve, number)


def test_the_system_approves_nothing(planner: Planner) -> None:
    number = submitted(planner.person("ann", "editor"))

    with pytest.raises(NotPermitted, match="Somebody has to answer"):
        planner.act(service.approve, number)


def test_a_rejected_change_set_is_a_draft_with_the_reason(planner: Planner) -> None:
    author, second = planner.person("ann", "editor"), planner.person("bob", "approver")
    number = submitted(author)

    with pytest.raises(Refused, match="Say why"):
        second.act(service.reject, number, " ")
    second.act(service.reject, number, "Not the boots")

    assert author.state(number) == "draft"
    last = author.show(number)["events"][-1]
    assert (last["by"], last["action"], last["comment"]) == (
        "bob@example.com", "reject", "Not the boots",
    )  # fmt: skip
    with pytest.raises(Refused, match="Preview it first"):
        author.run(number)


@pytest.mark.parametrize("approved", [False, True])
def test_what_waits_can_be_withdrawn_and_is_not_edited_meanwhile(
    planner: Planner, approved: bool
) -> None:
    author, second = planner.person("ann", "editor"), planner.person("bob", "approver")
    number = submitted(author)
    if approved:
        second.act(service.approve, number)
    with pytest.raises(Refused, match="cannot be ticked or unticked"):
        author.choose(number, Filter(identifiers=["wax"]), ticked=False)

    author.act(service.withdraw, number)

    assert author.state(number) == "draft"


def test_everybody_may_comment_and_viewers_nothing_else(planner: Planner) -> None:
    viewer = planner.person("vic", "viewer")
    number = submitted(planner.person("ann", "editor"))

    viewer.act(service.comment, number, "Is this the new price list?")

    assert viewer.show(number)["events"][-1]["by"] == "vic@example.com"
    assert viewer.state(number) == "awaiting_approval"
    for verb in (service.withdraw, service.cancel):
        with pytest.raises(NotPermitted):
            viewer.act(verb, number)
    with pytest.raises(NotPermitted):
        viewer.draft([STOCK])


def test_a_limit_is_of_a_role_that_exists(catalogue: Catalogue) -> None:
    with pytest.raises(NotFound, match="There is no role"):
        limit(catalogue, "boss", 5)
    with pytest.raises(Refused, match="no number of products"):
        limit(catalogue, "editor", -1)
