from __future__ import annotations

import pytest

from importer.sources.books import open_xml


@pytest.fixture(params=["in memory", "streamed"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways in which a workbook of Open XML is read."""
    if request.param == "streamed":
        monkeypatch.setattr(open_xml, "STREAMED_FROM_BYTES", 0)
    return str(request.param)
