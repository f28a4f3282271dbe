"""A file's bytes as UTF-8, whatever encoding they are in."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from importer.documents import joined
from importer.errors import UnusableInputError
from importer.language import tr
from importer.sources.code_pages import find_code_page, likeness
from importer.sources.content import Content
from importer.tables import COMMON_ENCODINGS, Certainty, encoding_named

_SAMPLE_BYTES = 64 << 10
_SAMPLES = 5
_DOS_END = b"\x1a"  # Ctrl-Z
_UNIT = 4  # samples begin at a multiple of the widest code unit
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_USUAL = ("utf-8", "cp1252")
# Control codes that no text is made of. Those left out part lines, cells and rows in some files,
# end a file under DOS, or switch between Japanese letters.
_CONTROLS = {*range(1, 28), 127} - {*b"\t\n\v\f\r\x1a\x1b"}
_NO_CONTROLS = bytes({*range(256)} - _CONTROLS)


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding by Python's name, and how sure it is.

    ``mark``: how many bytes the byte order mark takes. ``others``: the codecs that are about as
    likely, when it is doubtful.
    """

    codec: str
    certainty: Certainty
    mark: int = 0
    others: tuple[str, ...] = ()


class UndecodableTextError(Exception):
    """The text up to here was given, and the next character cannot be read."""

    def __init__(self, codec: str, remedy: str) -> None:
        super().__init__(codec)
        self.codec = codec
        self.remedy = remedy


def find_encoding(content: Content, given: str | None) -> Encoding:
    """Find a text's encoding from its mark, or from samples of its start, middle and end.

    Raises ``UnusableInputError`` for an unknown ``given`` encoding, for one that contradicts the
    text's mark, and for bytes that are no text; ``OSError`` when they cannot be read.
    """
    samples = _samples(content)
    marked = next(((m, codec) for m, codec in _MARKS if samples[0].startswith(m)), None)
    if given is not None:
        return _given(given, marked, samples, content.shown_as)
    if marked is not None:
        return Encoding(marked[1], Certainty.CERTAIN, mark=len(marked[0]))
    if wide := _wide(samples):
        return wide
    if sum(s.count(0) for s in samples) * 3 > sum(map(len, samples)):
        raise UnusableInputError(
            tr(
                "{file} is full of NUL bytes and no text that can be read: save it as CSV UTF-8 "
                "again.",
                file=content.shown_as,
            )
        )
    if all(s.isascii() for s in samples):
        all_read = content.size <= _SAMPLES * _SAMPLE_BYTES
        return Encoding("utf-8", Certainty.CERTAIN if all_read else Certainty.LIKELY)
    if utf8 := _utf8(samples):
        return utf8
    if _is_binary(samples):
        raise UnusableInputError(
            tr(
                "{file} is no text, whatever its name says: open it in the program that made it "
                "and save it as CSV UTF-8.",
                file=content.shown_as,
            )
        )
    page = find_code_page(samples)
    return Encoding(page.codec, page.certainty, others=page.others)


def _samples(content: Content) -> list[bytes]:
    """Give samples in the order of the file, which hold all of it when it is small."""
    size = content.size
    step = max(size // _SAMPLES // _UNIT * _UNIT, _SAMPLE_BYTES)
    last = max(size - _SAMPLE_BYTES, 0) // _UNIT * _UNIT
    samples = []
    with content.open() as stream:
        for start in sorted({*range(0, last, step), last}):
            stream.seek(start)
            samples.append(stream.read(_SAMPLE_BYTES + _UNIT))
    return samples


def _given(
    given: str, marked: tuple[bytes, str] | None, samples: Sequence[bytes], shown_as: str
) -> Encoding:
    codec = _codec(given)
    if marked is not None and codec[:6] != marked[1][:6]:
        raise UnusableInputError(
            tr(
                "{file} begins with the mark of {marked}, but the mapping says "
                "`encoding: {given}`. Leave that line out.",
                file=shown_as,
                marked=marked[1][:6].rstrip("-").upper(),
                given=given,
            )
        )
    if codec in ("utf-16", "utf-32"):
        wide = _wide(samples)
        found = marked[1] if marked is not None else wide.codec if wide is not None else ""
        codec = found if found.startswith(codec) else f"{codec}-le"
    mark = len(marked[0]) if marked is not None and marked[1] == codec else 0
    return Encoding(codec, Certainty.GIVEN, mark=mark)


def _codec(given: str) -> str:
    codec = encoding_named(given)
    if codec is None:
        near = difflib.get_close_matches(given.lower(), COMMON_ENCODINGS, n=2)
        raise UnusableInputError(
            tr(
                '"{encoding}" is no known encoding. Did you mean {listed}?',
                encoding=given,
                listed=joined(near or _USUAL, tr(" or ")),
            )
        )
    return codec


def _wide(samples: Sequence[bytes]) -> Encoding | None:
    """Recognise UTF-16 and UTF-32 without a mark by where their NUL bytes stand.

    In other text a NUL is a stray byte, or stands before a quote: never in every second place.
    """
    even = sum(s[0::2].count(0) for s in samples)
    odd = sum(s[1::2].count(0) for s in samples)
    if not (even or odd):
        return None
    units = sum(map(len, samples)) // 2
    if even + odd > units:
        for codec in ("utf-32-le", "utf-32-be"):
            text = _decoded(samples, codec)
            if text is not None and "\0" not in text:
                return Encoding(codec, Certainty.CERTAIN)
    for codec, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high * 50 < units or low * 3 > high or (text := _decoded(samples, codec)) is None:
            continue
        if high * 2 >= units:
            return Encoding(codec, Certainty.CERTAIN)
        # Far from Latin only the ends of cells and lines have a NUL.
        has_ends = "\n" in text and "".join(text.split()).isprintable()
        if has_ends and (len(_controls(samples)) * 20 > units or not _utf8(samples)):
            return Encoding(codec, Certainty.LIKELY)
    return None


def _decoded(samples: Sequence[bytes], codec: str) -> str | None:
    """Decode samples that may begin and end inside a character."""
    texts: list[str] = []
    for sample in samples:
        if codec.startswith("utf-16") and len(texts):
            first = sample[0:2] if codec.endswith("be") else sample[1::-1]
            sample = sample[2:] if 0xDC <= first[0] <= 0xDF else sample
        try:
            texts.append(codecs.getincrementaldecoder(codec)().decode(sample))
        except UnicodeDecodeError:
            return None
    return "".join(texts)


def _utf8(samples: Sequence[bytes]) -> Encoding | None:
    """Recognise UTF-8, perhaps with some bytes that are wrong in it.

    The letters of a code page can look like UTF-8 by chance, but then make no sense as such.
    """
    wrong = characters = 0
    right = []
    for i, sample in enumerate(samples):
        torn = next((n for n, b in enumerate(sample[:4]) if b & 0xC0 != 0x80), 0) if i else 0
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(sample[torn:], final=i == len(samples) - 1)
        wrong += text.count("\ufffd") - sample.count(codecs.encode("\ufffd"))
        text = sample.decode(errors="ignore")
        characters += len(text) - len(text.encode("ascii", "ignore"))
        right.append(text.encode())
    if wrong and (characters < wrong or likeness(right, "utf-8") <= 0):
        return None
    # One that is cut by a sample's end says nothing yet.
    return Encoding("utf-8", Certainty.CERTAIN if characters else Certainty.LIKELY)


def _is_binary(samples: Sequence[bytes]) -> bool:
    """Tell whether there are too many control codes, and too many kinds of them, for a text."""
    controls = _controls(samples)
    return len({*controls}) >= 4 and len(controls) * 50 > sum(map(len, samples))


def _controls(samples: Sequence[bytes]) -> bytes:
    return b"".join(s.translate(None, _NO_CONTROLS) for s in samples)


class Utf8Reader:
    """Gives a file's text as pieces of UTF-8, each ending at the end of a character.

    ``encoding`` is what the text turned out to be: one that began as ASCII may change it.
    ``ends_in_line_break``: whether what was given so far does.
    """

    def __init__(self, content: Content, encoding: Encoding) -> None:
        self._content = content
        self._is_given = encoding.certainty is Certainty.GIVEN
        self._ascii_so_far = encoding.certainty is Certainty.LIKELY
        self.encoding = encoding
        self.ends_in_line_break = False

    @property
    def codec(self) -> str:
        """The codec by Python's name."""
        return self.encoding.codec

    def pieces(self, size: int) -> Iterator[bytes]:
        """Give pieces of about ``size`` bytes, without the byte order mark and DOS's end of file.

        Raises ``UndecodableTextError`` after the last piece that can be read.
        """
        held, fault = b"", None
        with self._content.open() as stream:
            stream.seek(self.encoding.mark)
            pieces = self._utf8 if self.codec == "utf-8" else self._foreign
            try:
                for piece in pieces(stream, size):
                    if held:
                        self.ends_in_line_break = held.endswith((b"\n", b"\r"))
                        yield held
                    held = piece
            except UndecodableTextError as error:
                fault = error
        if held := held if fault else held.rstrip(_DOS_END):
            self.ends_in_line_break = held.endswith((b"\n", b"\r"))
            yield held
        if fault:
            raise fault

    def _utf8(self, stream: BinaryIO, size: int) -> Iterator[bytes]:
        rest = b""
        while block := stream.read(size):
            block, rest = rest + block, b""
            if not (block.isascii() or _is_utf8(block)):
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
        elif not self._is_given:
            self.encoding = replace(self.encoding, certainty=Certainty.CERTAIN)

    def _not_utf8(self, good: bytes, rest: bytes, stream: BinaryIO, size: int) -> Iterator[bytes]:
        if good:
            yield good
        if not (self._ascii_so_far and good.isascii()):
            raise self._undecodable()
        page = find_code_page([good[-_UNIT * 16 :] + rest[: _SAMPLES * _SAMPLE_BYTES]])
        self.encoding = Encoding(page.codec, page.certainty, others=page.others)
        yield from self._foreign(stream, size, begun=rest)

    def _foreign(self, stream: BinaryIO, size: int, begun: bytes = b"") -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.codec)()
        block, first = begun or stream.read(size), True
        while True:
            if self._is_mixed(block):
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

    def _is_mixed(self, block: bytes) -> bool:
        """Tell whether a block of a text in a code page is UTF-8, and makes more sense as such."""
        if self._is_given or self.encoding.mark or block.isascii():
            return False
        try:
            block.decode()
        except UnicodeDecodeError:
            return False
        return likeness([block], "utf-8") > likeness([block], self.codec)

    def _valid_start(self, error: UnicodeError) -> bytes:
        if not isinstance(error, UnicodeDecodeError):
            return b""
        try:
            return bytes(error.object[: error.start]).decode(self.codec).encode()
        except UnicodeError:
            return b""

    def _undecodable(self) -> UndecodableTextError:
        if self._is_given:
            remedy = tr("The mapping names that encoding: leave `encoding` out to have it found.")
        elif self.encoding.mark:
            remedy = tr("The file begins with that encoding's mark and is damaged: save it again.")
        else:
            other = "cp1252" if self.codec == "utf-8" else "..."
            remedy = tr(
                "The file mixes encodings, or has another one: save it as CSV UTF-8 again, or name "
                "its encoding in the mapping: `source: {{encoding: {encoding}}}`.",
                encoding=other,
            )
        return UndecodableTextError(self.codec, remedy)


def _is_utf8(block: bytes) -> bool:
    """Tell whether a block is UTF-8, without making a text of it."""
    ends = pa.py_buffer(np.array([0, len(block)], dtype=np.int64))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(block)])
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True
