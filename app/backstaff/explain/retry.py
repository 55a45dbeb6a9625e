"""The command that does again what a run has not done."""

import shlex
from collections.abc import Iterator, Sequence

from backstaff.events.board import Board
from backstaff.events.facts import PairState
from backstaff.events.types import RunStarted

DEFAULT_CONFIG = "config/deploy.yml"
_SHORT = {"-c": "--config-file", "-d": "--destination", "-h": "--hosts", "-r": "--roles"}
_SHORT_FLAGS = {"-p": "--primary", "-P": "--skip-push"}
_TAKE_A_VALUE = {*_SHORT.values(), "--version", "--lock-wait-timeout", "--lock-wait-interval"}

Option = tuple[str, list[str]]
"""An option's long name where it has one, and its words as they were given."""


def retry_command(board: Board) -> str:
    """The run's own command; where some pairs are done already, only for the hosts of the others.

    Empty for a run of which nothing is known."""
    run = board.run
    if run is None:
        return ""
    hosts = hosts_to_retry(board)
    if hosts:
        return _narrowed(run, hosts)
    return shlex.join(["backstaff", *(run.argv or [run.command])])


def hosts_to_retry(board: Board) -> list[str]:
    """The hosts that have pairs which are not done, where others are done; empty where all is to be done
    again."""
    if board.run is None or not board.run.version:
        return []
    done = [pair for pair in board.pairs.values() if pair.state is PairState.HEALTHY]
    undone = [pair for pair in board.pairs.values() if pair.state is not PairState.HEALTHY]
    return list(dict.fromkeys(pair.host for pair in undone)) if done else []


def _narrowed(run: RunStarted, hosts: list[str]) -> str:
    """The run's command for these hosts, all its other options kept. The image of this version is built
    already: it only has to be pulled."""
    words = ["backstaff", *run.command.split()]
    replaced = {"--hosts", "--primary"}
    if run.command in {"deploy", "redeploy"}:
        words += ["--skip-push", "--version", run.version]
        replaced |= {"--skip-push", "--version", "--no-cache"}
    if run.command == "rollback":
        words.append(run.version)
        replaced.add("--version")
    kept = [word for name, given in _options(run) if name not in replaced for word in given]
    return shlex.join([*words, *kept, "-h", ",".join(hosts)])


def _options(run: RunStarted) -> Iterator[Option]:
    """The options that the run was given; where its command line is unknown, those that are told."""
    if run.argv:
        yield from _parsed(run.argv)
        return
    if run.config_file and run.config_file != DEFAULT_CONFIG:
        yield "--config-file", ["-c", run.config_file]
    if run.destination:
        yield "--destination", ["-d", run.destination]


def _parsed(argv: Sequence[str]) -> Iterator[Option]:
    """The options of a command line that was accepted; its arguments and the command are left out."""
    words = iter(argv)
    for word in words:
        if word == "--":
            return
        if word.startswith("--"):
            name = word.partition("=")[0].replace("_", "-")
            has_value_apart = name in _TAKE_A_VALUE and "=" not in word
            yield name, [word, next(words, "")] if has_value_apart else [word]
        elif word.startswith("-") and word != "-":
            yield from _short(word, words)


def _short(word: str, words: Iterator[str]) -> Iterator[Option]:
    """Short options may stand together, and the last of them may be followed by its value at once."""
    for place, letter in enumerate(word[1:], start=1):
        option = f"-{letter}"
        if option in _SHORT:
            yield _SHORT[option], [option, word[place + 1 :] or next(words, "")]
            return
        yield _SHORT_FLAGS.get(option, option), [option]
