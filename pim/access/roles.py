"""What people may do: roles are sets of actions, and what is not named is not allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Every action that a page or command may ask for, in words.
ACTIONS: Final[Mapping[str, str]] = {
    "home.view": "see the overview",
    "products.view": "see products and their history",
    "products.edit": "change products",
    "products.approve": "approve the bulk edits of others",
    "campaigns.view": "see campaigns, their calendar and conflicts",
    "campaigns.edit": "save, stop, restore and delete campaigns",
    "rules.view": "see rules",
    "rules.edit": "save, enable, run and delete rules",
    "feeds.view": "see feeds, publications and their files",
    "feeds.publish": "publish, release and roll back feeds",
    "feeds.edit": "change what feeds are",
    "runs.view": "see runs and download their files",
    "runs.cancel": "cancel and resume runs",
    "imports.run": "import files",
    "structure.edit": "change attributes, families, categories and channels",
    "users.edit": "create users and change their roles",
}


@dataclass(frozen=True, kw_only=True)
class Role:
    """A named set of actions."""

    code: str
    label: str
    actions: frozenset[str]


_VIEWS: Final = frozenset(action for action in ACTIONS if action.endswith(".view"))
_EDITS: Final = frozenset(
    {"products.edit", "campaigns.edit", "rules.edit", "feeds.publish", "runs.cancel", "imports.run"}
)

ROLES: Final[Mapping[str, Role]] = {
    role.code: role
    for role in (
        Role(code="administrator", label="Administrator", actions=frozenset(ACTIONS)),
        Role(code="approver", label="Approver", actions=_VIEWS | _EDITS | {"products.approve"}),
        Role(code="editor", label="Editor", actions=_VIEWS | _EDITS),
        Role(code="viewer", label="Viewer", actions=_VIEWS),
    )
}


def may(role: str, action: str) -> bool:
    """Tell whether a role may do something; unknown roles and actions may not."""
    known = ROLES.get(role)
    return known is not None and action in known.actions
