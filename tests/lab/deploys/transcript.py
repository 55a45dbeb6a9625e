"""The deploy that the README shows, carried out on lab hosts: `python -m tests.lab.deploys.transcript`.

Two of four hosts get a version that does not come up: the app answers its health check with 500 on one of
them, and ends at once on the other. Prints what a terminal of 120 columns shows, without colours.
"""

import sys
import tempfile
from pathlib import Path

from tests.lab import Lab, LabError, missing_requirements
from tests.lab.deploys.project import Project, a_project, settings_of
from tests.lab.faults.terminal import start_in_terminal

_WEB, _JOB = ("h1", "h2"), ("h3", "h4")
_TIMES = {"deploy_timeout": 20, "readiness_delay": 3}
_COMMAND = ("deploy", "-P", "-d", "production", "--version")


def transcript(lab: Lab, root: Path) -> str:
    """The whole of it, command line included."""
    lab.app_image("v41", service="shop")
    lab.app_image("v42", service="shop", mode="unhealthy")
    project = a_project(lab, root, web=_WEB, job=_JOB, service="shop", image="shop", **_TIMES)
    project.environ["NO_COLOR"] = "1"
    project.configure({}, destination="production")
    project.write(".kamal/secrets.production", (project.directory / ".kamal/secrets").read_text())
    project.commit()
    before = project.run(*_COMMAND, "v41")
    if before.code != 0:
        raise LabError(before.out + before.err)
    _crash_on(project, lab, "h2")
    with start_in_terminal(project, *_COMMAND, "v42", "--no-tui") as running:
        shown = running.ended().out.replace("\r\n", "\n").rstrip()
    return f"$ backstaff {' '.join(_COMMAND)} v42 --no-tui\n{shown}"


def _crash_on(project: Project, lab: Lab, host: str) -> None:
    """From now on the app finds no database on this host."""
    settings = settings_of(lab, web=_WEB, job=_JOB, service="shop", image="shop", **_TIMES)
    settings["servers"] = {
        "web": {"hosts": [each if each != host else {each: "lonely"} for each in _WEB]},
        "job": {"hosts": list(_JOB), "env": {"clear": {"APP_MODE": "worker"}}},
    }
    settings["env"] = {"secret": ["DB_PASSWORD"], "tags": {"lonely": {"APP_MODE": "crash:1"}}}
    project.configure(settings)
    project.commit()


def main() -> int:
    """Print it; the exit code."""
    if missing := missing_requirements():
        print("\n".join(missing), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="transcript-") as root, Lab.up(4) as lab:
        print(transcript(lab, Path(root)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
