"""A file's bytes as UTF-8, whatever encoding they are in."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from importer.errors import UnusableInputError

_SAMPLE_BYTES = 64 << 10
_SAMPLES = 5
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KNOWN = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp1250", "mac-roman")
# Encodings of Python's that turn text into other text, or that fail on purpose.
_NOT_FOR_FILES = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
)


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding and how it was found.

    ``codec``: Python's name. ``mark``: how many bytes the byte order mark takes. ``given``: the
    mapping names it. ``sure``: given, marked, or seen in characters that are not ASCII.
    """

    codec: str
    mark: int = 0
    given: bool = False
    sure: bool = False


class UndecodableTextError(Exception):
    """The text up to here was given, and the next character cannot be read."""

    def __init__(self, codec: str, remedy: str) -> None:
        super().__init__(codec)
        self.codec = codec
        self.remedy = remedy


def find_encoding(path: Path, given: str | None, shown_as: str) -> Encoding:
    """Find a file's encoding from its mark, or from samples of its start, middle and end.

    Raises ``UnusableInputError`` for an unknown ``given`` encoding, or one that contradicts the
    file's mark, and for UTF-16 without a mark.
    """
    samples = _samples(path)
    marked = next(((m, codec) for m, codec in _MARKS if samples[0].startswith(m)), None)
    if given is not None:
        return _given(given, marked, shown_as)
    if marked is not None:
        return Encoding(marked[1], mark=len(marked[0]), sure=True)
    if sum(s.count(0) for s in samples) * 5 > sum(map(len, samples)):
        raise UnusableInputError(
            f"{shown_as} is full of NUL bytes. If it is UTF-16 text, write "
            "`source: {encoding: utf-16-le}` in the mapping; else save it as CSV UTF-8 again."
        )
    if all(s.isascii() for s in samples):
        return Encoding("utf-8")
    signs = [_utf8_signs(s, is_start=i == 0) for i, s in enumerate(samples)]
    if any(good for good, _ in signs):
        return Encoding("utf-8", sure=True)
    if any(bad for _, bad in signs):
        return Encoding("cp1252", sure=True)
    return Encoding("utf-8")


def _samples(path: Path) -> list[bytes]:
    size = path.stat().st_size
    step = max(size // _SAMPLES, _SAMPLE_BYTES)
    starts = sorted({*range(0, size, step), max(size - _SAMPLE_BYTES, 0)})
    samples = []
    with path.open("rb") as stream:
        for start in starts or [0]:
            stream.seek(start)
            samples.append(stream.read(_SAMPLE_BYTES))
    return samples


def _given(given: str, marked: tuple[bytes, str] | None, shown_as: str) -> Encoding:
    codec = _codec(given)
    if marked is not None and marked[0] == codecs.BOM_UTF8 and codec != "utf-8":
        raise UnusableInputError(
            f"{shown_as} begins with the mark of UTF-8, but the mapping says `encoding: {given}`. "
            "Leave that line out."
        )
    if codec in ("utf-16", "utf-32"):
        codec = marked[1] if marked and marked[1].startswith(codec) else f"{codec}-le"
    mark = len(marked[0]) if marked is not None and marked[1] == codec else 0
    return Encoding(codec, mark=mark, given=True, sure=True)


def _codec(given: str) -> str:
    try:
        found = codecs.lookup(given.strip())
    except (LookupError, ValueError):
        found = None
    name = "" if found is None else found.name.replace("_", "-")
    if found is None or not found._is_text_encoding or name in _NOT_FOR_FILES:
        near = difflib.get_close_matches(given.lower(), _KNOWN, n=2) or ("utf-8", "cp1252")
        raise UnusableInputError(
            f'"{given}" is no known encoding. Did you mean {" or ".join(near)}?'
        )
    return "utf-8" if name == "utf-8-sig" else name


def _utf8_signs(sample: bytes, *, is_start: bool) -> tuple[bool, bool]:
    """Tell whether a sample has characters that only UTF-8 writes, and bytes that it never does.

    A sample may begin and end inside a character, which counts for neither.
    """
    torn = 0 if is_start else next((i for i, b in enumerate(sample[:4]) if b & 0xC0 != 0x80), 0)
    text = sample[torn:]
    try:
        text.decode()
    except UnicodeDecodeError as error:
        at_the_edge = error.reason == "unexpected end of data" and len(sample) == _SAMPLE_BYTES
        return not text.decode(errors="ignore").isascii(), not at_the_edge
    return not text.isascii(), False


class Utf8Reader:
    """Gives a file's text as pieces of UTF-8, each ending at the end of a character.

    ``codec`` is what the file turned out to be: a file that began as ASCII may become cp1252.
    """

    def __init__(self, path: Path, encoding: Encoding) -> None:
        self._path = path
        self._encoding = encoding
        self._ascii_so_far = not encoding.sure
        self.codec = encoding.codec

    def pieces(self, size: int) -> Iterator[bytes]:
        """Give pieces of about ``size`` bytes; the byte order mark is left out.

        Raises ``UndecodableTextError`` after the last piece that can be read.
        """
        with self._path.open("rb") as stream:
            stream.seek(self._encoding.mark)
            if self.codec == "utf-8":
                yield from self._utf8(stream, size)
            else:
                yield from self._foreign(stream, size)

    def _utf8(self, stream: IO[bytes], size: int) -> Iterator[bytes]:
        rest = b""
        while block := stream.read(size):
            block, rest = rest + block, b""
            if not block.isascii():
                try:
                    block.decode()
                except UnicodeDecodeError as error:
                    good = block[: error.start]
                    rest = block[error.start :]
                    if not (error.reason == "unexpected end of data" and len(rest) < 4):
                        yield from self._not_utf8(good, rest, stream, size)
                        return
                    block = good
            if block:
                self._ascii_so_far = self._ascii_so_far and block.isascii()
                yield block
        if rest:
            yield from self._not_utf8(b"", rest, stream, size)

    def _not_utf8(self, good: bytes, rest: bytes, stream: IO[bytes], size: int) -> Iterator[bytes]:
        if good:
            yield good
        if not (self._ascii_so_far and good.isascii()):
            raise self._undecodable()
        self.codec = "cp1252"
        yield from self._foreign(stream, size, begun=rest)

    def _foreign(self, stream: IO[bytes], size: int, begun: bytes = b"") -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.codec)()
        block, first = begun or stream.read(size), True
        while True:
            if not self._encoding.given and self.codec == "cp1252" and _is_utf8(block):
                raise self._undecodable()
            try:
                text = decoder.decode(block, final=not block)
                piece = text.encode()
            except UnicodeError as error:
                if valid := self._valid_start(error):
                    yield valid
                raise self._undecodable() from error
            if first and text:
                piece, first = piece.removeprefix(codecs.BOM_UTF8), False
            if piece:
                yield piece
            if not block:
                return
            block = stream.read(size)

    def _valid_start(self, error: UnicodeError) -> bytes:
        if not isinstance(error, UnicodeDecodeError):
            return b""
        try:
            return bytes(error.object[: error.start]).decode(self.codec).encode()
        except UnicodeError:
            return b""

    def _undecodable(self) -> UndecodableTextError:
        if self._encoding.given:
            remedy = "The mapping names that encoding: leave `encoding` out to have it found."
        elif self._encoding.mark:
            remedy = "The file begins with that encoding's mark and is damaged: save it again."
        else:
            other = "cp1252" if self.codec == "utf-8" else "..."
            remedy = (
                "The file mixes encodings, or has another one: save it as CSV UTF-8 again, or "
                f"name its encoding in the mapping: `source: {{encoding: {other}}}`."
            )
        return UndecodableTextError(self.codec, remedy)


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return False
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True
