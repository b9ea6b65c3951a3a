"""The life of a change set: which states there are, and what leads from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

DRAFT: Final = "draft"
PREVIEWED: Final = "previewed"
AWAITING: Final = "awaiting_approval"
APPROVED: Final = "approved"
RUNNING: Final = "running"
DONE: Final = "done"
CANCELLED: Final = "cancelled"
FAILED: Final = "failed"
UNDONE: Final = "undone"
EXPIRED: Final = "expired"

#: Every state in words; the order is that of a life without accidents.
STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        DRAFT: "a draft",
        PREVIEWED: "previewed",
        AWAITING: "waiting for approval",
        APPROVED: "approved",
        RUNNING: "running",
        DONE: "done",
        CANCELLED: "cancelled",
        FAILED: "failed",
        UNDONE: "undone",
        EXPIRED: "so old that its history was removed",
    }
)

#: States of what has not begun to write.
PLANNED: Final = frozenset({DRAFT, PREVIEWED, AWAITING, APPROVED})
#: States of what has written, or has tried to, and stands still.
ENDED: Final = frozenset({DONE, FAILED, CANCELLED})


@dataclass(frozen=True, kw_only=True)
class Transition:
    """From which states an action leads where; `past` says it as done, `mend` what else to do."""

    sources: frozenset[str]
    target: str
    past: str
    mend: str


def _from(*sources: str, to: str, past: str, mend: str) -> Transition:
    return Transition(sources=frozenset(sources), target=to, past=past, mend=mend)


_BACK: Final = "Withdraw it first: it is a draft then."
_PREVIEW: Final = "Preview it first: nobody can trust what nobody has seen."

#: Everything that may happen to a change set.
TRANSITIONS: Final[Mapping[str, Transition]] = MappingProxyType(
    {
        "edit": _from(DRAFT, PREVIEWED, to=DRAFT, past="edited", mend=_BACK),
        "preview": _from(DRAFT, PREVIEWED, to=PREVIEWED, past="previewed", mend=_BACK),
        "choose": _from(PREVIEWED, to=PREVIEWED, past="ticked or unticked", mend=_PREVIEW),
        "submit": _from(PREVIEWED, to=AWAITING, past="submitted", mend=_PREVIEW),
        "approve": _from(AWAITING, to=APPROVED, past="approved", mend="Submit it first."),
        "reject": _from(AWAITING, to=DRAFT, past="rejected", mend="Submit it first."),
        "withdraw": _from(
            PREVIEWED, AWAITING, APPROVED, to=DRAFT, past="withdrawn",
            mend="Only what waits to be run is withdrawn; what has run is undone.",
        ),
        "run": _from(PREVIEWED, APPROVED, to=RUNNING, past="run", mend=_PREVIEW),
        "drop": _from(
            DRAFT, PREVIEWED, AWAITING, APPROVED, to=CANCELLED, past="cancelled",
            mend="What has run is undone, not cancelled.",
        ),
        "finish": _from(RUNNING, to=DONE, past="finished", mend="Run it first."),
        "stop": _from(RUNNING, to=CANCELLED, past="stopped", mend="Only what runs is stopped."),
        "fail": _from(RUNNING, to=FAILED, past="failed", mend="Only what runs can fail."),
        "resume": _from(
            RUNNING, FAILED, CANCELLED, to=RUNNING, past="taken up again",
            mend="Only what stopped before its end is taken up again.",
        ),
        "undo": _from(
            DONE, FAILED, CANCELLED, to=UNDONE, past="undone",
            mend="Only a finished one is undone.",
        ),
        "redo": _from(UNDONE, to=DONE, past="brought back", mend="Only an undone one comes back."),
    }
)  # fmt: skip


def may(state: str, action: str) -> bool:
    """Tell whether an action is possible in a state."""
    return state in TRANSITIONS[action].sources


def reason(number: int, state: str, action: str) -> str:
    """Return why an action is not possible, and what can be done about it."""
    transition = TRANSITIONS[action]
    is_ = STATES.get(state, state)
    return f"Change set {number} is {is_}, so it cannot be {transition.past}. {transition.mend}"
