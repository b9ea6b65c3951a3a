"""Every route carries a rule: who may call it. A route without one is closed to everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

from pim.access.roles import ACTIONS, may
from pim.errors import NotPermitted
from pim.web.people import Person

#: Anybody at all, and anybody who has signed in; all other rules are actions of `pim.access.roles`.
PUBLIC: Final = "public"
SIGNED_IN: Final = "signed_in"

View = TypeVar("View", bound=Callable[..., Any])


def allowed(rule: str) -> Callable[[View], View]:
    """Say who may call a view: PUBLIC, SIGNED_IN or an action."""
    if rule not in {PUBLIC, SIGNED_IN, *ACTIONS}:
        raise ValueError(f"{rule!r} is not an action of pim.access.roles.")

    def mark(view: View) -> View:
        view.rule = rule  # type: ignore[attr-defined]
        return view

    return mark


def without_database(view: View) -> View:
    """Say that a view is carried out without a unit of work: it opens what it needs itself."""
    view.without_database = True  # type: ignore[attr-defined]
    return view


def needs_database(view: Callable[..., Any] | None) -> bool:
    """Tell whether a view, or the answer to an address without one, wants a unit of work."""
    return not getattr(view, "without_database", False)


def rule_of(view: Callable[..., Any]) -> str | None:
    """Return a view's rule, None if it has none."""
    return getattr(view, "rule", None)


def admits(rule: str | None, person: Person | None) -> bool:
    """Tell whether a person may call a view with this rule; False asks them to sign in.

    Raises NotPermitted for somebody who has signed in and still may not.
    """
    if rule == PUBLIC:
        return True
    if person is None:
        return False
    if rule is None or (rule != SIGNED_IN and not may(person.role, rule)):
        what = ACTIONS.get(rule or "", "do this")
        raise NotPermitted(f"Your role, {person.role}, does not allow you to {what}.")
    return True
