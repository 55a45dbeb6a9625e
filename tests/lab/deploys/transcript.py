"""The deploy that the README shows, carried out on lab hosts: `python -m tests.lab.deploys.transcript`.

Two of four hosts get a version that does not come up: the app answers its health check with 500 on one of
them, and ends at once on the other. Prints what a terminal of 120 columns shows, without colours.
"""

import sys
import tempfile
from pathlib import Path

from tests.lab import Lab, LabError, missing_requirements
from tests.lab.deploys.project import a_project, settings_of
from tests.lab.faults.terminal import start_in_terminal

_COMMAND = ("deploy", "-P", "-d", "production", "--version")
_BROKEN = {"h1": "answered 500 on GET /up", "h2": "the container keeps ending"}
"""The hosts on which the version does not come up, and what the card has to say of them."""


def transcript(lab: Lab, root: Path) -> str:
    """The whole of it, command line included. Raises LabError if it is not what is to be shown."""
    lab.app_image("v41", service="shop")
    lab.app_image("v42", service="shop", mode="unhealthy")
    settings = settings_of(
        lab,
        web=("h1", "h2"),
        job=("h3", "h4"),
        service="shop",
        image="shop",
        deploy_timeout=20,
        readiness_delay=3,
    )
    project = a_project(lab, root)
    project.environ["NO_COLOR"] = "1"
    project.configure(settings)
    project.configure({}, destination="production")
    project.write(".kamal/secrets.production", (project.directory / ".kamal/secrets").read_text())
    project.commit()
    before = project.run(*_COMMAND, "v41")
    if before.code != 0:
        raise LabError(before.out + before.err)
    web = {"hosts": ["h1", {"h2": "lonely"}]}
    crashing = {"secret": ["DB_PASSWORD"], "tags": {"lonely": {"APP_MODE": "crash:1"}}}
    job = {"hosts": ["h3", "h4"], "env": {"clear": {"APP_MODE": "worker"}}}
    project.configure({**settings, "servers": {"web": web, "job": job}, "env": crashing})
    project.commit()
    with start_in_terminal(project, *_COMMAND, "v42", "--no-tui") as running:
        ended = running.ended()
    if ended.code != 1 or not all(words in ended.card for words in _BROKEN.values()):
        raise LabError(f"the deploy did not fail as it is to be shown ({ended.code}):\n{ended.out}")
    shown = ended.out.replace("\r\n", "\n").rstrip()
    return f"$ backstaff {' '.join(_COMMAND)} v42 --no-tui\n{shown}"


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
