"""Which version of the package this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def tool_version() -> str:
    """Tell the version of this package."""
    try:
        return version("importer")
    except PackageNotFoundError:  # a checkout that nobody installed
        return "0"
