"""What the key may be used for: its state, the addresses it is used from, its permissions.

That a key has these is documented; how a call is refused for want of one is not, so code, words
and HTTP status of each refusal are this sandbox's own invention.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from importer.sandbox.errors import RefusalError, SandboxError
from importer.sandbox.methods import TAKES

_WORDS = {word for name in TAKES for word in (name.lower(), name.lower().split(".")[0])}
SERVICES = " ".join(sorted(word for word in _WORDS if "." not in word))


class KeyState(StrEnum):
    """Whether the key is in use; a key has a switch and a date of expiry."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Rights:
    """What the one key may be used for. ``networks`` empty: from everywhere.

    ``permissions``: names of services and of single methods, in lower case.
    """

    state: KeyState
    networks: tuple[IPv4Network | IPv6Network, ...]
    permissions: frozenset[str]

    def refuse(self, method: str, address: str) -> None:
        """Raise RefusalError unless the key may call that method from that address."""
        if self.state is KeyState.INACTIVE:
            raise RefusalError("KeyInactive", "the key is not active", 401)
        if self.state is KeyState.EXPIRED:
            raise RefusalError("KeyExpired", "the key has expired", 401)
        if self.networks and not any(ip_address(address) in one for one in self.networks):
            message = f"the key may not be used from the address {address}"
            raise RefusalError("AddressNotAllowed", message, 403)
        if not {method.lower(), method.lower().split(".")[0]} & self.permissions:
            message = f"the key lacks the permission to call {method}"
            raise RefusalError("PermissionMissing", message, 403)


def read_addresses(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read "192.0.2.7 10.0.0.0/8". Raises SandboxError for what is no address."""
    try:
        return tuple(ip_network(word, strict=False) for word in text.replace(",", " ").split())
    except ValueError as problem:
        raise SandboxError(f"allowed_addresses: {problem}") from problem


def read_permissions(text: str) -> frozenset[str]:
    """Read "contacts Projects.List". Raises SandboxError for no service and no method."""
    words = frozenset(text.replace(",", " ").lower().split())
    if strangers := sorted(words - _WORDS):
        known = " ".join(sorted(_WORDS))
        raise SandboxError(f"permissions: {strangers[0]!r} is no service or method; use {known}")
    return words
