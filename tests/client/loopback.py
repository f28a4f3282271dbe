"""Real servers on loopback whose every connection misbehaves as a function says."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from importer.model import ApiRequest

_LINGER = "hh" if sys.platform == "win32" else "ii"

SECRET = "0123456789abcdefABCDEF"
BODY = f'{{"Key":"{SECRET}"}}'.encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Server:
    """A listening port; ``closing`` is set when its connections should end."""

    port: int
    closing: threading.Event = field(default_factory=threading.Event)
    connections: list[socket.socket] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/services?method=Merge"

    def secure_url(self, host: str = "127.0.0.1") -> str:
        return f"https://{host}:{self.port}/services"


Behaviour = Callable[[socket.socket, Server], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator[Server]:
    """Run a server; each connection in a thread of its own, all over at the end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(listening.getsockname()[1])
        threads: list[threading.Thread] = []

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                server.reached.set()
                behave(connection, server)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    server.connections.append(connection)
                    threads.append(threading.Thread(target=serve, args=(connection,)))
                    threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield server
        finally:
            server.closing.set()
            for connection in (listening, *server.connections):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            listening.close()
            accepting.join()
            for thread in threads:
                thread.join()


def request(url: str) -> ApiRequest:
    return ApiRequest("POST", url, BODY, {"content-type": "application/json"})


def read_call(connection: socket.socket) -> bytes:
    """Take a request whole, as closing before its end would reset the connection; b'': none."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            return b""
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    left = (int(length.group(1)) if length else 0) - len(body)
    while left > 0:
        piece = connection.recv(65536)
        left = left - len(piece) if piece else 0
        received += piece
    return received


def reset(connection: socket.socket) -> None:
    """Close so that the other side gets a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(_LINGER, 1, 0))
    connection.close()


def answering(*parts: bytes) -> Behaviour:
    """Answer every call of a connection with these bytes, then wait for the next."""

    def behave(connection: socket.socket, server: Server) -> None:
        while read_call(connection):
            for part in parts:
                connection.sendall(part)

    return behave


def answering_once(answer: bytes) -> Behaviour:
    """Answer one call with these bytes and close."""

    def behave(connection: socket.socket, server: Server) -> None:
        read_call(connection)
        connection.sendall(answer)

    return behave


def trickling(beginning: bytes, piece: bytes) -> Behaviour:
    """Answer with a beginning and then a piece every 20 ms, without end."""

    def behave(connection: socket.socket, server: Server) -> None:
        read_call(connection)
        connection.sendall(beginning)
        while not server.closing.wait(0.02):
            connection.sendall(piece)

    return behave


def silent(connection: socket.socket, server: Server) -> None:
    """Take everything and never answer."""
    while connection.recv(65536):
        pass


def secured(context: ssl.SSLContext, behave: Behaviour) -> Behaviour:
    """Speak TLS before anything else."""

    def behave_securely(connection: socket.socket, server: Server) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            server.connections.append(wrapped)
            behave(wrapped, server)

    return behave_securely
