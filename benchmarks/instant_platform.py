"""A platform that takes every call at once and stores nothing: what is left is the sender's time.

Answers Contacts.Merge in the documented form, each contact ``Created``, ``--latency`` seconds after
the call arrived. Prints its URL, then serves until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re

_NUMBERS = itertools.count(1)
_IDS = re.compile(rb'\{"ID":(\{[^}]*\}),"Data":')


class Connection(asyncio.Protocol):
    """One connection: calls one after the other, each answered after the latency."""

    def __init__(self, latency: float) -> None:
        self._latency = latency
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        arrived = asyncio.get_running_loop().time()
        self._received += data
        head, separator, rest = bytes(self._received).partition(b"\r\n\r\n")
        if not separator:
            return
        lengths = [
            int(line.partition(b":")[2])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        ]
        if len(rest) < sum(lengths):
            return
        self._received.clear()
        answer = _answer(rest)
        asyncio.get_running_loop().call_at(arrived + self._latency, self._write, answer)

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _answer(body: bytes) -> bytes:
    """Answer without reading what is not needed: the platform's own time must not count."""
    first = next(_NUMBERS) * 1_000_000
    answered = b",".join(
        b'{"IdRecord":%d,"Status":"Created","ValidationResult":"OK","Message":null,"ID":%b,'
        b'"Data":null,"Record":null}' % (first + place, sent)
        for place, sent in enumerate(_IDS.findall(body))
    )
    content = (
        b'{"Success":true,"ErrorCode":null,"ErrorMessage":null,"CreatedRecords":0,'
        b'"UpdatedRecords":0,"Records":[%b],"idRequest":%d,"Trace":""}' % (answered, first)
    )
    return (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(content), content)
    )


async def _serve(latency: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(latency), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}", flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, metavar="SECONDS")
    asyncio.run(_serve(parser.parse_args().latency))
