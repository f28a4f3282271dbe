"""What jobs remember as the columns of a table, and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from importer.state.job_values import End, Message, PickUp, Standing, State, Step

if TYPE_CHECKING:
    from importer.state.job_values import NewMessage
    from importer.state.store import Value


def pick_up_columns(pick_up: PickUp) -> tuple[Value, ...]:
    return (
        pick_up.id,
        bytes_of(pick_up.place),
        bytes_of(pick_up.name),
        pick_up.size,
        pick_up.modified,
        text_of(pick_up.taken),
        pick_up.step.value,
        pick_up.sha256,
        pick_up.run,
        text_of(pick_up.ended),
        pick_up.end.value if pick_up.end else None,
        pick_up.exit_code,
        pick_up.rows,
        json.dumps(dict(pick_up.facts)),
        bytes_of(pick_up.root),
        bytes_of(pick_up.runs),
    )


def pick_up_of(
    id_: str, place: bytes, name: bytes, size: int, modified: float, taken: str, step: str,
    sha256: str, run: str, ended: str | None, became: str | None, exit_code: int | None,
    row_count: int | None, facts: str, root: bytes | None,
    runs: bytes | None,
) -> PickUp:  # fmt: skip
    return PickUp(
        id_,
        place.decode(errors="surrogatepass"),
        name.decode(errors="surrogatepass"),
        size,
        modified,
        datetime.fromisoformat(taken),
        Step(step),
        sha256,
        run,
        moment_of(ended),
        End(became) if became else None,
        exit_code,
        row_count,
        json.loads(facts),
        (root or b"").decode(errors="surrogatepass"),
        (runs or b"").decode(errors="surrogatepass"),
    )


def standing_columns(standing: Standing) -> tuple[Value, ...]:
    return (
        standing.state.value,
        text_of(standing.since),
        standing.told.value,
        text_of(standing.told_at),
        text_of(standing.first),
        text_of(standing.last_start),
        text_of(standing.last_end),
        text_of(standing.last_success),
        standing.last_exit_code,
    )


def standing_of(
    state: str, since: str | None, told: str, told_at: str | None, first: str | None,
    last_start: str | None, last_end: str | None, last_success: str | None,
    last_exit_code: int | None,
) -> Standing:  # fmt: skip
    return Standing(
        State(state),
        moment_of(since),
        State(told),
        moment_of(told_at),
        moment_of(first),
        moment_of(last_start),
        moment_of(last_end),
        moment_of(last_success),
        last_exit_code,
    )


def message_text(message: NewMessage | Message) -> str:
    """Write it as JSON in ASCII: it may name a file whose name is no Unicode text."""
    told = [list(message.told)] if isinstance(message, Message) else []
    return json.dumps([message.title, message.body, message.kind, *message.attached, *told])


def message_of(number: int, made: str, text: str) -> Message:
    title, body, kind, *attached = json.loads(text)
    told = attached.pop() if attached and isinstance(attached[-1], list) else []
    moment = datetime.fromisoformat(made)
    return Message(number, moment, title, body, kind, tuple(attached), tuple(told))


def bytes_of(name: str) -> bytes:
    return name.encode(errors="surrogatepass")


def text_of(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="microseconds") if moment else None


def moment_of(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
