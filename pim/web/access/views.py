"""Sign in and out, and one's own account."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pim.access import service
from pim.access.models import User
from pim.errors import NotPermitted, Refused
from pim.web import people, state
from pim.web.access.forms import inside
from pim.web.rules import PUBLIC, SIGNED_IN, allowed

pages = Blueprint("access", __name__)

THEMES = ("system", "light", "dark")
YEAR = 365 * 24 * 3600


@pages.get("/sign-in")
@allowed(PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Show the sign-in form."""
    target = inside(request.args.get("next"), otherwise=url_for("home.overview"))
    if state.person():
        return redirect(target)
    return render_template("access/sign_in.html", target=target, email="", refusal=None)


@pages.post("/sign-in")
@allowed(PUBLIC)
def enter() -> ResponseReturnValue:
    """Sign in."""
    target = inside(request.form.get("next"), otherwise=url_for("home.overview"))
    email = request.form.get("email", "")
    user, refusal = _authenticate(email, request.form.get("password", ""))
    if user is None:
        page = render_template("access/sign_in.html", target=target, email=email, refusal=refusal)
        return page, 403
    people.sign_in(user)
    return redirect(target, 303)


@pages.post("/sign-out")
@allowed(SIGNED_IN)
def leave() -> ResponseReturnValue:
    """Sign out."""
    people.sign_out()
    return redirect(url_for("access.sign_in"), 303)


@pages.get("/account")
@allowed(SIGNED_IN)
def account() -> str:
    """Show one's own account."""
    return render_template("access/account.html", refusal=None)


@pages.post("/account/password")
@allowed(SIGNED_IN)
def change_password() -> ResponseReturnValue:
    """Change one's own password."""
    refusal = _change(request.form.get("old", ""), request.form.get("new", ""))
    if refusal:
        return render_template("access/account.html", refusal=refusal), 422
    flash("Your password is changed. Other sessions of yours have ended.")
    return redirect(url_for("access.account"), 303)


@pages.post("/account/theme")
@allowed(SIGNED_IN)
def change_theme() -> ResponseReturnValue:
    """Choose light, dark, or what the system says."""
    theme = request.form.get("theme", "system")
    answer = redirect(url_for("access.account"), 303)
    chosen = theme if theme in THEMES else "system"
    answer.set_cookie("theme", chosen, max_age=YEAR, httponly=True, samesite="Lax")
    return answer


def _authenticate(email: str, password: str) -> tuple[User | None, str | None]:
    try:
        user = service.authenticate(
            state.work(),
            email=email,
            password=password,
            address=request.remote_addr or "",
            throttle=state.parts().throttle,
        )
    except NotPermitted as refusal:
        people.note("sign-in refused", email.strip()[:200])
        return None, str(refusal)
    return user, None


def _change(old: str, new: str) -> str | None:
    person = state.person()
    assert person is not None
    try:
        user = service.change_password(state.work(), user_id=person.id, old=old, new=new)
    except Refused as refusal:
        return " ".join([str(refusal), *(v.text for v in refusal.violations)])
    people.sign_in(user)
    return None
