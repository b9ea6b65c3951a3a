"""From errors to HTTP: one table, and pages in the look."""

from __future__ import annotations

import logging
import secrets
from typing import Any, Final, NamedTuple

from flask import Flask, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from pim.db.troubles import told
from pim.domain.violations import Violation
from pim.errors import Conflict, DiskFull, NotFound, NotPermitted, PimError, Refused, Retryable
from pim.web import state

logger = logging.getLogger(__name__)


class Answer(NamedTuple):
    """An HTTP status and the page's heading."""

    status: int
    heading: str


#: The most special class that fits counts.
TABLE: Final[tuple[tuple[type[PimError], Answer], ...]] = (
    (NotFound, Answer(404, "This is not here")),
    (NotPermitted, Answer(403, "You may not do this")),
    (Conflict, Answer(409, "Somebody was faster")),
    (Refused, Answer(422, "This cannot be done")),
    (Retryable, Answer(503, "Not at this moment")),
    (DiskFull, Answer(507, "A disk is full")),
)

#: Seconds after which a page that could not be given at this moment asks again by itself.
AGAIN: Final = 5

#: The machine's troubles, which pass.
TROUBLES: Final = frozenset({503, 507})

HEADINGS: Final = {
    400: "This request is not whole",
    403: "You may not do this",
    404: "This is not here",
    405: "This cannot be done this way",
    413: "This is too big",
    415: "This kind of file is not shown",
}

WORDS: Final = {
    404: "The address is wrong, or what it named has gone. Nothing was changed.",
    405: "The address exists, but not for this kind of request. Go back and use the page's button.",
    413: "Files of up to 512 MB can be uploaded. Import a bigger one with the command pim import.",
}


def register(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(PimError, _ours)
    app.register_error_handler(Exception, _unexpected)


def answer_to(error: PimError) -> Answer:
    """Return how an error of ours is answered."""
    found = (answer for kind, answer in TABLE if isinstance(error, kind))
    return next(found, Answer(500, "This went wrong"))


def _ours(error: PimError) -> Any:
    answer = answer_to(error)
    if answer.status == 500:
        return _unexpected(error)
    if answer.status in TROUBLES:
        return _trouble(error, answer)
    violations = error.violations if isinstance(error, Refused) else ()
    return page(answer.status, answer.heading, str(error), violations=violations)


def _trouble(error: PimError, answer: Answer) -> Any:
    """Answer that the machine cannot at this moment; the page knows nobody and asks again."""
    logger.warning("Answered %s: %s", answer.status, error)
    g.person = None  # its menu and counts would ask the same database
    response = make_response(*page(answer.status, answer.heading, str(error)))
    response.headers["Retry-After"] = str(AGAIN)
    if request.method == "GET":
        response.headers["Refresh"] = str(AGAIN)
    return response


def _http(error: HTTPException) -> Any:
    code = error.code or 500
    if error.response is not None or code < 400:
        return error
    words = WORDS.get(code) or error.description or ""
    return page(code, HEADINGS.get(code, error.name), words)


def _forged(error: CSRFError) -> tuple[str, int]:
    words = "The form is older than your session, so nothing was changed. Reload it and send again."
    return page(400, "This form has expired", words)


def _unexpected(error: Exception) -> Any:
    known = told(error, state.parts().settings)
    if known is not error and isinstance(known, PimError):
        return _ours(known)
    number = secrets.token_hex(4)
    logger.error("Error %s", number, exc_info=error)
    words = "Nothing of this request was kept. Try again; if it happens again, report the number."
    return page(500, "This went wrong", words, number=number)


def page(
    status: int,
    heading: str,
    words: str,
    *,
    violations: tuple[Violation, ...] = (),
    number: str | None = None,
) -> tuple[str, int]:
    """Return an error page and its status."""
    html = render_template(
        "errors/error.html",
        status=status,
        heading=heading,
        words=words,
        violations=violations,
        number=number,
    )
    return html, status
