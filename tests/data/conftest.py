"""Workspaces for the tests of the lake and the registry: each on SQLite and on PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.workspace import Workspace


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def registry_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """The registry's address as LOYALTY_REGISTRY_URL holds it; None is the SQLite file of the workspace."""
    if request.param == "sqlite":
        monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
        return None
    url = request.getfixturevalue("postgres_url")
    monkeypatch.setenv("LOYALTY_REGISTRY_URL", url)
    return url


@pytest.fixture
def workspace(registry_url: str | None, workspace_path: Path) -> Workspace:
    """An empty workspace."""
    return Workspace.open(workspace_path)


@pytest.fixture
def local_workspace(monkeypatch: pytest.MonkeyPatch, workspace_path: Path) -> Workspace:
    """An empty workspace on SQLite, for what does not touch the registry."""
    monkeypatch.delenv("LOYALTY_REGISTRY_URL", raising=False)
    return Workspace.open(workspace_path)
