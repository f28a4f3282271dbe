"""The sandbox as a WSGI application: the web services, the page, the JSON beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, render_template, request

from importer.sandbox.clock import Clock
from importer.sandbox.dialog_insight import DialogInsight
from importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from dataclasses import Field

    from importer.sandbox.store import Store

SERVICES = "/webservices/ofc4/"
_SHOWN = 50
_PORT = re.compile(r":[0-9]+$")
_PLAIN = "application/json; charset=utf-8"


def create_app(settings: SandboxSettings | None = None, clock: Clock | None = None) -> Flask:
    """Make the sandbox, for ``httpx.WSGITransport(app=...)`` or any WSGI server.

    When a fault leaves a call without an answer, the application raises ``AnswerLostError``, an
    ``OSError``: waitress (with ``log_socket_errors`` off, as ``serve`` and ``running`` set it)
    closes the connection without a byte, and a caller in the same process gets the exception.
    Raises SandboxError when ``settings.store`` cannot be used.
    """
    settings = settings or SandboxSettings()
    platform = DialogInsight(settings, clock or Clock())
    app = Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True  # AnswerLostError must reach the server
    app.extensions["sandbox"] = platform
    _add_services(app, platform)
    _add_pages(app, platform)
    return app


def answer_only_to(app: Flask, hosts: set[str]) -> None:
    """Refuse calls under other names: a page on the web could otherwise read this port."""

    @app.before_request
    def refuse_foreign_name() -> Response | None:
        if _PORT.sub("", request.host) in hosts:
            return None
        return Response("sandbox: not known under this name\r\n", 400, mimetype="text/plain")


def _add_services(app: Flask, platform: DialogInsight) -> None:
    @app.post(f"{SERVICES}<endpoint>")
    def service(endpoint: str) -> Response:
        name = endpoint[:-5] if endpoint.lower().endswith(".ashx") else endpoint
        reply = platform.call(
            name,
            request.args.get("method", ""),
            request.get_data(cache=False),
            request.remote_addr or "",
        )
        response = Response(reply.body, reply.status, content_type=reply.content_type)
        response.headers["Cache-Control"] = "private"
        response.headers["X-Sandbox"] = "importer"
        response.headers.extend(reply.headers)
        return response


def _add_pages(app: Flask, platform: DialogInsight) -> None:
    @app.get("/_sandbox/ready")
    def ready() -> Response:
        project = platform.settings.project
        return _json({"ready": True, "sandbox": True, "idProject": project.id_project})

    @app.get("/_sandbox/contacts")
    def contacts() -> Response:
        found = _kept(platform.contacts.store, request.args.get("key"), "contacts", "idContact")
        return Response(found, content_type=_PLAIN)

    @app.get("/_sandbox/tables/<int:number>")
    def rows(number: int) -> Response:
        if (table := platform.tables.get(number)) is None:
            return _json({"error": f"sandbox: there is no table {number}"}, 404)
        found = _kept(table.store, request.args.get("key"), "rows", "IdRecord")
        return Response(found, content_type=_PLAIN)

    @app.get("/_sandbox/calls")
    def calls() -> Response:
        after = request.args.get("after", 0, type=int)
        listed = [call.as_json() for call in platform.calls.after(after)]
        return _json({"total": platform.calls.total, "calls": listed})

    @app.get("/")
    def overview() -> Response:
        page = render_template(
            "overview.html",
            project=platform.settings.project,
            settings=_shown_settings(platform.settings),
            contacts=platform.contacts.store.newest(_SHOWN),
            contact_count=platform.contacts.store.count(),
            tables=[
                (one, store.count(), store.newest(_SHOWN))
                for one in platform.settings.project.tables
                for store in (platform.tables[one.id_table].store,)
            ],
            calls=list(platform.calls.after())[-_SHOWN:][::-1],
            call_count=platform.calls.total,
            services=SERVICES,
        )
        response = Response(page, content_type="text/html; charset=utf-8")
        policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        response.headers["Content-Security-Policy"] = policy
        return response


def _kept(store: Store, key: str | None, what: str, number: str) -> Iterator[bytes]:
    """All that is kept, or what has one key, written one at a time: there may be a million."""
    if key is None:
        found, count = store.scan(), store.count()
    else:
        folded = "\x1f".join(part.strip().lower() for part in key.split("\x1f"))
        by_key = store.by_key([folded])
        found, count = iter(by_key.values()), len(by_key)
    yield b'{"count":%d,"%s":[' % (count, what.encode())
    comma = b""
    for one in found:
        yield comma + orjson.dumps({number: one.id, **one.values})
        comma = b",\n"
    yield b"]}"


def _shown_settings(settings: SandboxSettings) -> list[tuple[str, str, str]]:
    """Name, value and purpose of every switch; the project has its own table."""
    switches: dict[str, Field[Any]] = SandboxSettings.__dataclass_fields__
    return [
        (name, str(getattr(settings, name)), SandboxSettings.help_of(name))
        for name in switches
        if name != "project"
    ]


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(answer), status, content_type=_PLAIN)
