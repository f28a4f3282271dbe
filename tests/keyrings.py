"""Keyrings in memory, in the place of the system's."""

from __future__ import annotations

from types import ModuleType


class Keyring(ModuleType):
    """A keyring in memory. ``trouble``: what it raises; ``forgets``: it keeps nothing."""

    def __init__(
        self,
        held: dict[tuple[str, str], str | None] | None = None,
        *,
        trouble: Exception | None = None,
        forgets: bool = False,
    ) -> None:
        super().__init__("keyring")
        self.held = held or {}
        self._trouble = trouble
        self._forgets = forgets

    def get_password(self, service: str, user: str) -> str | None:
        if self._trouble:
            raise self._trouble
        return self.held.get((service, user))

    def set_password(self, service: str, user: str, password: str) -> None:
        if not self._forgets:
            self.held[service, user] = password

    def delete_password(self, service: str, user: str) -> None:
        del self.held[service, user]
