"""The sandbox on a real port."""

from __future__ import annotations

import contextlib
import ipaddress
import logging
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from waitress import create_server, wasyncore  # type: ignore[import-untyped]

from importer.sandbox.app import answer_only_to, create_app
from importer.sandbox.errors import SandboxError
from importer.sandbox.settings import DEFAULT_HOST, DEFAULT_PORT, SandboxSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from importer.sandbox.dialog_insight import DialogInsight

_LAST_PORT = 65_535


def serve(
    settings: SandboxSettings | None = None,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    *,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until interrupted (KeyboardInterrupt ends it quietly).

    ``port`` 0 takes a free one; ``on_ready`` gets the base URL once calls are taken.
    Raises SandboxError when the host, the port or the store cannot be used.
    """
    with _listening(settings or SandboxSettings(), host, port) as listener:
        if on_ready is not None:
            on_ready(listener.url)
        listener.server.run()


@contextlib.contextmanager
def running(
    settings: SandboxSettings | None = None, port: int = 0, host: str = DEFAULT_HOST
) -> Iterator[str]:
    """Serve from a thread of this process; yields the base URL, without a slash at its end.

    Leaving the block ends calls that still wait and closes all connections.
    Raises SandboxError like ``serve``.
    """
    with _listening(settings or SandboxSettings(), host, port) as listener:
        thread = threading.Thread(target=listener.server.run, name="sandbox", daemon=True)
        thread.start()
        try:
            yield listener.url
        finally:
            listener.end_calls()
            # The loop may only be ended from inside itself.
            listener.server.trigger.pull_trigger(listener.end_connections)
            thread.join()


@dataclass(frozen=True, slots=True)
class _Listener:
    """A server that has its port and does not serve yet."""

    platform: DialogInsight
    server: Any
    url: str

    def end_calls(self) -> None:
        self.platform.stop_waiting()
        self.server.task_dispatcher.shutdown()

    def end_connections(self) -> None:
        wasyncore.close_all(self.server._map)


@contextlib.contextmanager
def _listening(settings: SandboxSettings, host: str, port: int) -> Iterator[_Listener]:
    address = _address(host, allow_remote=settings.allow_remote)
    shown = f"[{address}]" if ":" in address else address
    app = create_app(settings)
    if not settings.allow_remote:
        answer_only_to(app, {"localhost", DEFAULT_HOST, shown})
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # waiting calls are no warning
    platform: DialogInsight = app.extensions["sandbox"]
    with contextlib.closing(platform), _bound(address, port) as bound:
        server = create_server(
            app,
            sockets=[bound],
            threads=settings.threads,
            ident="importer-sandbox",
            log_socket_errors=False,  # what closes a connection without an answer
            clear_untrusted_proxy_headers=True,
        )
        listener = _Listener(platform, server, f"http://{shown}:{server.effective_port}")
        try:
            yield listener
        finally:
            listener.end_calls()
            listener.end_connections()


def _bound(address: str, port: int) -> socket.socket:
    """Take the port first: waitress leaves a socket open when it cannot have it."""
    if not 0 <= port <= _LAST_PORT:
        raise SandboxError(f"{port} is not a port; choose another port, from 0 to {_LAST_PORT}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as problem:
        raise SandboxError(
            f"port {port} on {address} cannot be used ({problem}); choose another port"
        ) from problem


def _address(host: str, *, allow_remote: bool) -> str:
    address = DEFAULT_HOST if host.lower() == "localhost" else host.strip("[]")
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError as problem:
        raise SandboxError(f"{host!r} is not an address; use {DEFAULT_HOST}") from problem
    if not (loopback or allow_remote):
        raise SandboxError(
            f"{host} is not this machine's loopback; the sandbox listens there only when told to "
            "(allow_remote)"
        )
    return address
