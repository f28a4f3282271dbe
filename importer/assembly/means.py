"""What a run needs of the world, so that tests can put their own in its place."""

from __future__ import annotations

import contextlib
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import pyarrow as pa

from importer.clock import Clock, Interruption, SystemClock
from importer.model import (
    Watcher,
)
from importer.run_log import Unwatched
from importer.settings import (
    SANDBOX_URL,
    Settings,
)


@dataclass(frozen=True, slots=True)
class Means:
    """What a run needs of the world; tests put their own in its place."""

    clock: Clock
    interruption: Interruption
    watcher: Watcher = field(default_factory=Unwatched)
    chance: random.Random = field(default_factory=random.SystemRandom)
    transport: Any = None  # replaces the network: an httpx transport
    standard_input: Callable[[], BinaryIO] = lambda: sys.stdin.buffer
    sandbox_url: str = SANDBOX_URL
    settings: Settings | None = None  # replaces importer.yaml


def means(watcher: Watcher | None = None) -> Means:
    """Make the ordinary means: the system's clock, the network, standard input."""
    with contextlib.suppress(NotImplementedError):  # Arrow is built without it on some systems
        # It gives memory back soonest: a third less at the peak of a long run than the default's.
        pa.set_memory_pool(pa.jemalloc_memory_pool())
    interruption = Interruption()
    return Means(SystemClock(interruption), interruption, watcher or Unwatched())
