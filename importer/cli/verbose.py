"""``--verbose``: each call and each wait as it happens, and where a defect of ours arose."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from importer.cli.screen import Screen, say

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAID = {"waiting", "account-not-compared"}  # by the screen itself


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
    carried = "1 contact" if contacts == 1 else f"{contacts:,} contacts"
    return f"Call {batch}: {carried}, attempt {attempt}: {result} after {milliseconds:.0f} ms"


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
