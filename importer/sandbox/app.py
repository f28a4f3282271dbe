"""The sandbox as a WSGI application: the platforms, the page, the JSON beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, render_template, request

from importer.sandbox.clock import Clock
from importer.sandbox.dialog_insight import DialogInsight
from importer.sandbox.dotdigital.calling import Asked
from importer.sandbox.dotdigital.platform import PREFIXES, Dotdigital
from importer.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from dataclasses import Field
    from wsgiref.types import StartResponse, WSGIEnvironment

    from importer.sandbox.dotdigital.contacts import Person
    from importer.sandbox.dotdigital.settings import DotdigitalSettings
    from importer.sandbox.envelope import Reply
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
    clock = clock or Clock()
    platform = DialogInsight(settings, clock)
    second = Dotdigital(settings, clock, platform.faults, platform.database, platform.calls)
    app = _Application(__name__)
    app.url_map.merge_slashes = False  # an identifier's value may hold any
    app.config["PROPAGATE_EXCEPTIONS"] = True  # AnswerLostError must reach the server
    app.extensions["sandbox"] = platform
    app.extensions["dotdigital"] = second
    _add_services(app, platform)
    _add_api(app, second)
    _add_pages(app, platform, second)
    _add_dotdigital_pages(app, second)
    return app


class _Application(Flask):
    """Takes paths that are not bytes in the guise of latin-1: httpx.WSGITransport decodes them."""

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        path: str = environ["PATH_INFO"]
        try:
            path.encode("latin-1").decode()
        except UnicodeError:
            environ["PATH_INFO"] = path.encode().decode("latin-1")
        return super().wsgi_app(environ, start_response)


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
        response = _response(reply)
        response.headers["Cache-Control"] = "private"
        return response


def _add_api(app: Flask, platform: Dotdigital) -> None:
    def api(**_: str) -> Response:
        asked = Asked(
            method=request.method,
            path=request.path,
            query=request.args.to_dict(),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=request.get_data(cache=False),
            origin=request.host_url.rstrip("/"),
        )
        return _response(platform.answer(asked))

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    for prefix in PREFIXES:
        app.add_url_rule(f"/{prefix}/<path:rest>", "api", api, methods=methods)


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status, content_type=reply.content_type)
    response.headers["X-Sandbox"] = "importer"
    response.headers.extend(reply.headers)
    return response


def _add_dotdigital_pages(app: Flask, platform: Dotdigital) -> None:
    @app.get("/_sandbox/dotdigital/contacts")
    def dotdigital_contacts() -> Response:
        if (value := request.args.get("value")) is None:
            found = (one for one in platform.contacts.scan() if not one.binned)
            count = platform.contacts.count()
        else:
            person = platform.contacts.find(request.args.get("identifier", "email"), value)
            found = (one for one in (person,) if one is not None)
            count = 0 if person is None else 1
        shown = (_person(one) for one in found)
        return Response(_listed(shown, "contacts", count), content_type=_PLAIN)

    @app.get("/_sandbox/dotdigital/mails")
    def dotdigital_mails() -> Response:
        mails = list(platform.contacts.mails())
        return Response(_listed(iter(mails), "mails", len(mails)), content_type=_PLAIN)


def _person(person: Person) -> dict[str, Any]:
    shown = {
        name: getattr(person, name)
        for name in person.__dataclass_fields__
        if name != "id" and not name.startswith("_")
    }
    return {"contactId": person.id, **shown}


def _add_pages(app: Flask, platform: DialogInsight, second: Dotdigital) -> None:
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
            account=second.account,
            people=second.contacts.newest(_SHOWN),
            people_count=second.contacts.count(),
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
    yield from _listed(({number: one.id, **one.values} for one in found), what, count)


def _listed(found: Iterator[dict[str, Any]], what: str, count: int) -> Iterator[bytes]:
    yield b'{"count":%d,"%s":[' % (count, what.encode())
    comma = b""
    for one in found:
        yield comma + orjson.dumps(one, option=orjson.OPT_NON_STR_KEYS)
        comma = b",\n"
    yield b"]}"


def _shown_settings(settings: SandboxSettings) -> list[tuple[str, str, str]]:
    """Name, value and purpose of every switch; project and account have their own tables."""
    return [*_switches(settings, ""), *_switches(settings.dotdigital, "dotdigital_")]


def _switches(
    settings: SandboxSettings | DotdigitalSettings, prefix: str
) -> Iterator[tuple[str, str, str]]:
    switches: dict[str, Field[Any]] = type(settings).__dataclass_fields__
    for name in switches:
        if name not in {"project", "account", "dotdigital"}:
            yield prefix + name, str(getattr(settings, name)), settings.help_of(name)


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(answer), status, content_type=_PLAIN)
