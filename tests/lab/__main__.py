"""The lab by hand: `up --hosts 4`, `status`, `exec --lab 1 h1 docker ps`, `down --lab 1`"""

import argparse
import os
import sys

from tests.lab.errors import LabError
from tests.lab.lab import Lab
from tests.lab.labdir import LabDirectory, all_labs_locked, existing
from tests.lab.reaper import reap_dead, take_down
from tests.lab.requirements import missing_requirements


def up(options: argparse.Namespace) -> int:
    """Bring a lab up that stays, and say how to use it."""
    missing = missing_requirements()
    if missing:
        print("\n".join(missing), file=sys.stderr)
        return 2
    lab = Lab.up(options.hosts, detached=True)
    describe(lab)
    print(f"  python -m tests.lab down --lab {lab.directory.number}")
    return 0


def down(options: argparse.Namespace) -> int:
    """Take down the lab named by --lab, or every lab whose owner has ended.

    Several people use one machine, so no lab goes down that was not named, nor one whose owner still runs.
    """
    with all_labs_locked():
        if options.all_dead:
            return _report(reap_dead())
        directory = _named(options.lab)
        if not directory.dead and directory.owner is not None:
            raise LabError(f"lab {directory.number} belongs to process {directory.owner.pid}, which runs")
        take_down(directory)
    print(f"taken down: {directory.number}")
    return 0


def status(options: argparse.Namespace) -> int:
    """Describe every lab."""
    for directory in existing():
        if directory.dead:
            print(f"lab {directory.number}: dead, `down --all-dead` removes it")
        elif directory.owner is not None:
            print(f"lab {directory.number}: owned by process {directory.owner.pid}")
        describe(Lab.attach(directory))
    return 0


def execute(options: argparse.Namespace) -> int:
    """Become a command on a host."""
    lab = Lab.attach(_named(options.lab))
    host = next((host for host in lab.hosts if host.name == options.host), None)
    if host is None:
        raise LabError(f"no host {options.host} in lab {lab.directory.number}")
    command = host.sandbox.enter(*(options.command or ["sh"]))
    os.execvp(command[0], command)


def describe(lab: Lab) -> None:
    """Print what a user of the lab has to know."""
    print(f"lab {lab.directory.number}: {lab.directory.path}")
    for host in lab.hosts:
        print(f"  {host.name}  {host.address}  {host.docker_host}  {'up' if host.sandbox.alive else 'down'}")
    print(f"  ssh -F {lab.ssh_config} h1")
    print(f"  registry {lab.registry}  {lab.registry_user} / {lab.registry_password}")
    print(f"  DOCKER_HOST={lab.client_docker_host}")


def image(options: argparse.Namespace) -> int:
    """Push a version of the application."""
    lab = Lab.attach(_named(options.lab))
    print(lab.app_image(options.version, mode=options.mode, service=options.service))
    return 0


def _report(outcomes: dict[int, LabError | None]) -> int:
    for number, error in outcomes.items():
        print(f"taken down: {number}" if error is None else f"lab {number}: {error}")
    return 1 if any(outcomes.values()) else 0


def _named(number: int | None) -> LabDirectory:
    labs = existing()
    chosen = [lab for lab in labs if lab.number == number]
    if not chosen:
        raise LabError(f"name a lab with --lab; there are: {[lab.number for lab in labs] or 'none'}")
    return chosen[0]


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="up|down|status|exec|image")
    for name, work in (("up", up), ("down", down), ("status", status), ("exec", execute), ("image", image)):
        command = commands.add_parser(name, help=work.__doc__, description=work.__doc__)
        command.set_defaults(work=work)
        command.add_argument("--lab", type=int, help="number of the lab")
        if name == "up":
            command.add_argument("--hosts", type=int, default=4)
        if name == "down":
            command.add_argument("--all-dead", action="store_true")
        if name == "exec":
            command.add_argument("host")
            command.add_argument("command", nargs=argparse.REMAINDER)
        if name == "image":
            command.add_argument("version")
            command.add_argument("--mode", default="healthy")
            command.add_argument("--service", default="app")
    options = parser.parse_args()
    try:
        return int(options.work(options))
    except LabError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
