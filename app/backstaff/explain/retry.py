"""The command that does again what a run has not done."""

import shlex

from backstaff.events.board import Board
from backstaff.events.facts import PairState
from backstaff.events.types import RunStarted

DEFAULT_CONFIG = "config/deploy.yml"


def retry_command(board: Board) -> str:
    """The run's own command; where some pairs are done already, only for the hosts of the others.

    Empty for a run of which nothing is known."""
    run = board.run
    if run is None:
        return ""
    done = [pair for pair in board.pairs.values() if pair.state is PairState.HEALTHY]
    undone = [pair for pair in board.pairs.values() if pair.state is not PairState.HEALTHY]
    if done and undone and run.version:
        hosts = list(dict.fromkeys(pair.host for pair in undone))
        return _narrowed(run, hosts)
    return shlex.join(["backstaff", *(run.argv or [run.command])])


def _narrowed(run: RunStarted, hosts: list[str]) -> str:
    """The image of this version is built already: it only has to be pulled."""
    words = ["backstaff", *run.command.split()]
    if run.command in {"deploy", "redeploy"}:
        words += ["--skip-push", "--version", run.version]
    if run.command == "rollback":
        words.append(run.version)
    if run.config_file and run.config_file != DEFAULT_CONFIG:
        words += ["-c", run.config_file]
    if run.destination:
        words += ["-d", run.destination]
    return shlex.join([*words, "-h", ",".join(hosts)])
