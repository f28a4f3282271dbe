"""What the account tells of itself: mostly v2 calls, for v3 has none of its own for them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from importer.sandbox.dotdigital.account import Account, Preference
    from importer.sandbox.dotdigital.settings import DotdigitalSettings

_ALWAYS = "2020-01-01T09:00:00Z"  # sandbox: when everything of the account was made


def account_info(
    account: Account, settings: DotdigitalSettings, origin: str, calls: tuple[int, int]
) -> dict[str, Any]:
    """``GET /v2/account-info``; ``calls``: of the last hour, and left. All values are text."""
    told = (
        ("Name", "String", account.name),
        ("MainEmail", "String", account.user),
        ("APILocale", "String", "en-GB"),
        ("ApiCallsInLastHour", "Int", str(calls[0])),
        ("ApiCallsRemaining", "Int", str(calls[1])),
        ("ApiEndpoint", "String", endpoint(account, settings, origin)),
        ("TimeZoneIana", "String", "Europe/London"),
    )
    properties = [{"name": name, "type": kind, "value": value} for name, kind, value in told]
    return {"id": account.id, "properties": properties}


def endpoint(account: Account, settings: DotdigitalSettings, origin: str) -> str:
    """Where the account's calls belong: documented with a slash at its end."""
    if settings.endpoint:
        return settings.endpoint.rstrip("/") + "/"
    if settings.other_region:
        return f"https://{account.region}-api.dotdigital.com/"
    return f"{origin}/"


def data_fields(account: Account) -> list[dict[str, Any]]:
    """``GET /v2/data-fields``: flat, without pages."""
    return [
        {
            "name": one.name,
            "type": one.type.value,
            "visibility": one.visibility,
            "defaultValue": one.default,
        }
        for one in account.data_fields
    ]


def preferences(account: Account, chosen: Mapping[int, bool] | None = None) -> list[dict[str, Any]]:
    """``GET /v2/preferences``; with a contact's choices, the leaves say ``isOptedIn``."""
    return _branch(account.preferences, 0, chosen)


def _branch(
    nodes: Iterable[Preference], category: int, chosen: Mapping[int, bool] | None
) -> list[dict[str, Any]]:
    return [_node(one, order, category, chosen) for order, one in enumerate(nodes)]


def _node(
    one: Preference, order: int, category: int, chosen: Mapping[int, bool] | None
) -> dict[str, Any]:
    node: dict[str, Any] = {
        "id": one.id,
        "publicName": one.public_name,
        "privateName": one.private_name or one.public_name,
        "isPreference": one.is_preference,
        "order": str(order),
        "isPublic": True,
        "categoryId": category,
        "preferenceCount": len(one.preferences),
        "created": _ALWAYS,
        "lastModified": _ALWAYS,
    }
    if not one.is_preference:
        node["preferences"] = _branch(one.preferences, one.id, chosen)
    elif chosen is not None:
        node["isOptedIn"] = chosen.get(one.id, False)
    return node


def address_books(
    account: Account, members: Mapping[int, int], skip: int, select: int
) -> list[dict[str, Any]]:
    """``GET /v2/address-books``; ``members``: list -> how many contacts are on it."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "visibility": one.visibility,
            "contacts": members.get(one.id, 0),
        }
        for one in account.lists[skip : skip + select]
    ]


def custom_identifiers(account: Account) -> list[dict[str, Any]]:
    """``GET /configuration/v3/customIdentifiers``."""
    return [{"name": one, "created": _ALWAYS, "updated": _ALWAYS} for one in account.identifiers]


def server_time(now: float) -> str:
    """``GET /v2/server-time``: ISO 8601, UTC, as plain text."""
    return datetime.fromtimestamp(now, UTC).isoformat().replace("+00:00", "Z")
