"""The web application, put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFProtect

from pim import paths
from pim.db.embedded import EmbeddedServer, database_url
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.settings import Settings
from pim.web import context_bar, errors, formats, people, security, state, telemetry
from pim.web.access import views as access
from pim.web.feeds import views as feeds
from pim.web.home import views as home
from pim.web.imports import views as imports
from pim.web.operations import views as operations
from pim.web.products import media
from pim.web.products import views as products
from pim.web.rules import PUBLIC, admits, allowed, needs_database, rule_of, without_database
from pim.web.runs import views as runs

UPLOAD_LIMIT = 512 * 1024 * 1024

csrf = CSRFProtect()


class Polka(Flask):
    """Flask with one unit of work per request, and a rule for every route."""

    def dispatch_request(self) -> Any:
        """Carry out a request in one transaction, if its rule admits the person."""
        view = self.view_functions.get(request.endpoint or "")
        rule = rule_of(view) if view else None
        if request.routing_exception is None and rule == PUBLIC and not needs_database(view):
            return super().dispatch_request()
        with unit_of_work(state.parts().engine) as work:
            g.work = work
            g.person = people.current(work.session)
            work.actor = g.person.id if g.person else None
            if request.routing_exception is None and not admits(rule, g.person):
                return _to_sign_in()
            if g.person:
                g.chosen = context_bar.choose(state.structure())
            return super().dispatch_request()


def create_app(settings: Settings | None = None, database_url: str | None = None) -> Flask:
    """Return the application; without a database URL the settings' one, or the embedded server.

    An embedded server that is started here runs as long as the process.
    """
    settings = settings or Settings.from_environment()
    app = Polka(
        "pim.web",
        template_folder=str(paths.folder("templates")),
        static_folder=str(paths.PACKAGE / "web" / "static"),
    )
    app.config.update(_configuration(settings))
    engine = create_engine(database_url or _url(settings))
    app.extensions[state.NAME] = state.Parts(settings, engine)
    without_database(allowed(PUBLIC)(app.view_functions["static"]))
    for part in (telemetry, security, errors, formats):
        part.register(app)
    csrf.init_app(app)
    for noun in (home, access, products, media, feeds, runs, imports, operations):
        app.register_blueprint(noun.pages)
    app.context_processor(_everywhere)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    return app


def _configuration(settings: Settings) -> Mapping[str, Any]:
    return {
        "SECRET_KEY": security.secret_key(settings),
        "SESSION_COOKIE_NAME": "polka",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": dt.timedelta(hours=12),
        "MAX_CONTENT_LENGTH": UPLOAD_LIMIT,
        "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "SEND_FILE_MAX_AGE_DEFAULT": 3600,
    }


def _url(settings: Settings) -> str:
    if settings.database_url is None:
        server = EmbeddedServer(settings.home)
        url = server.start()
        server.keep().start()
        return url
    with database_url(settings) as url:
        return url


def _to_sign_in() -> ResponseReturnValue:
    """Send somebody who has not signed in to the sign-in page, and back afterwards."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("access.sign_in", next=wanted))


def _everywhere() -> dict[str, Any]:
    """Return what every template may use."""
    return {
        "person": g.get("person"),
        "chosen": g.get("chosen"),
        "nonce": g.get("nonce"),
        "theme": request.cookies.get("theme", "system"),
        "here": here,
    }


def here(**changes: Any) -> str:
    """Return this page's address with changed parameters; None takes one out."""
    arguments: dict[str, Any] = request.args.to_dict(flat=False)
    arguments.update(changes)
    kept = {name: value for name, value in arguments.items() if value not in (None, "", [])}
    return url_for(request.endpoint or "home.overview", **{**(request.view_args or {}), **kept})
