"""Whole calls refused, in the envelope of v3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from importer.sandbox.errors import Headers

BAD_TYPES = "server:badRequest"  # observed: JSON of the wrong types
BAD_REQUEST = "contacts:badRequest"  # observed
BAD_JSON = "contacts:badJson"
INVALID_ID = "contacts:invalidId"
CONFLICT = "contacts:identifierConflict"  # observed
NOT_FOUND = "contacts:contactNotFound"
NO_CONTACTS = "contacts:noContactsSpecified"
IMPORT_NOT_FOUND = "contacts:importNotFound"
TOO_MANY_IMPORTS = "contacts:tooManyActiveImports"


class ApiRefusal(Exception):  # noqa: N818 -- a call's end that the API foresees, not a defect
    """The whole call is refused.

    ``status``: of HTTP; ``code``: as in ``errorCode``; ``details``: pairs of item and description.
    """

    def __init__(
        self,
        status: int,
        code: str,
        description: str,
        details: Sequence[tuple[str, str]] = (),
        headers: Headers = (),
    ) -> None:
        super().__init__(f"{code}: {description}")
        self.status = status
        self.code = code
        self.description = description
        self.details = tuple(details)
        self.headers = headers

    def as_json(self) -> dict[str, Any]:
        """The envelope: ``details`` only where there are any, as documented."""
        envelope: dict[str, Any] = {"errorCode": self.code, "description": self.description}
        if self.details:
            envelope["details"] = [
                {"item": item, "description": description} for item, description in self.details
            ]
        return envelope
