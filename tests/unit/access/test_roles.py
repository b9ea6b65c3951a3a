import pytest

from pim.access.roles import ACTIONS, ROLES, may


def test_an_administrator_may_do_everything_that_has_a_name():
    assert all(may("administrator", action) for action in ACTIONS)


def test_a_viewer_may_look_and_do_nothing_else():
    allowed = {action for action in ACTIONS if may("viewer", action)}

    assert allowed == {action for action in ACTIONS if action.endswith(".view")}


def test_an_editor_publishes_and_imports_but_does_not_appoint_people():
    assert may("editor", "feeds.publish")
    assert may("editor", "imports.run")
    assert not may("editor", "users.edit")


@pytest.mark.parametrize(("role", "action"), [("owner", "home.view"), ("administrator", "fly")])
def test_what_has_no_name_is_not_allowed(role, action):
    assert not may(role, action)


def test_every_role_names_known_actions_only():
    assert all(role.actions <= set(ACTIONS) for role in ROLES.values())
