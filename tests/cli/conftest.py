from pathlib import Path

import pytest

from tests.cli.project import Project, Servers


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    project = Project(tmp_path / "project", monkeypatch)
    monkeypatch.chdir(project.directory)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BACKSTAFF_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("NO_COLOR", "1")
    for name in (
        "COLUMNS",
        "LINES",
        "VERSION",
        "KAMAL_LOCK",
        "KAMAL_DESTINATION",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
        "CI",
    ):
        monkeypatch.delenv(name, raising=False)

    def connector(*_: object, dials: object = None, **__: object) -> Servers:
        project.servers.dials = dials
        return project.servers

    monkeypatch.setattr("backstaff.cli.connecting.SshConnector", connector)
    monkeypatch.setattr("backstaff.cli.preparing.Dials", lambda: project.dials)
    return project
