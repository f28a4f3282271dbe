"""``--verbose``: each call and each wait as it happens, and where a defect of ours arose."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from importer.cli.screen import Screen, say
from importer.language import mark, tr, trn

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAID = {"waiting", "account-not-compared", "not-cut"}  # by the screen itself
_CALLS = {
    "answered": mark(
        "Call {batch}: {carried}, attempt {attempt}: answered after {milliseconds} ms"
    ),
    "taken": mark("Call {batch}: {carried}, attempt {attempt}: taken after {milliseconds} ms"),
    "refused": mark("Call {batch}: {carried}, attempt {attempt}: refused after {milliseconds} ms"),
    "not taken": mark(
        "Call {batch}: {carried}, attempt {attempt}: not taken after {milliseconds} ms"
    ),
    "no answer": mark(
        "Call {batch}: {carried}, attempt {attempt}: no answer after {milliseconds} ms"
    ),
}


class VerboseScreen(Screen):
    """Says each event of a run on a line of its own, with no bar between them.

    Events hold no personal data and no secret, so their facts are shown as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._terminal = False

    def event(self, name: str, **facts: Any) -> None:
        super().event(name, **facts)
        if name == "call":
            say(_of_call(**facts))
        elif name not in _SAID:
            told = ", ".join(f"{fact.replace('_', ' ')} {value}" for fact, value in facts.items())
            say(f"{name}: {told}" if told else name)


def _of_call(
    *, batch: str, contacts: int, attempt: int, result: str, milliseconds: float, **_: Any
) -> str:
    return tr(
        _CALLS[result],
        batch=batch,
        carried=trn("{count} contact", "{count} contacts", contacts),
        attempt=attempt,
        milliseconds=round(milliseconds),
    )


def say_where(error: BaseException) -> None:
    """Say where a defect arose and what kind of error it is, the first cause first.

    Neither values nor messages: both may hold what a row holds.
    """
    for one in reversed(list(_causes(error))):
        frames = traceback.format_list(traceback.extract_tb(one.__traceback__))
        say("".join(frames) + type(one).__qualname__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        hidden = one.__suppress_context__
        one = one.__cause__ or (None if hidden else one.__context__)
