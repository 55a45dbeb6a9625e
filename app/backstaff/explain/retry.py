"""What a run has not done, and the command that does it."""

import shlex
from collections.abc import Collection, Sequence

from backstaff.events.board import Board
from backstaff.events.board_state import PairView
from backstaff.events.facts import Outcome, PairState, Phase
from backstaff.events.types import RunStarted
from backstaff.explain.given import options_of, parsed, was_given

RESUMABLE = frozenset({"deploy", "redeploy", "rollback", "app boot"})
"""The commands whose runs can be gone on with."""
_PROVED = {PairState.STOPPING_OLD, PairState.HEALTHY}
_ABOUT_IMAGE = frozenset({"--resume", "--version", "--skip-push", "--no-cache"})
_TOLD_BY_RUN = frozenset({"--config-file", "--destination", "--hosts", "--roles", "--primary"})


def retry_command(board: Board, *, resumable: bool = False) -> str:
    """The command that does again what is left of a run.

    Where nothing is done yet that is the run's own command. Else it is `deploy --resume` if the run is
    `resumable`, that is if its journal will be there where the command is typed; if it is not, its own
    command for the hosts that are not done. Empty for a run of which nothing is known."""
    run = board.run
    if run is None:
        return ""
    if resumable and run.command in RESUMABLE and (proven_pairs(board) or _has_built(board)):
        return shlex.join(["backstaff", *resume_argv(run, left_out=_TOLD_BY_RUN)])
    hosts = hosts_to_retry(board)
    if hosts:
        return _narrowed(run, hosts)
    return shlex.join(["backstaff", *(run.argv or [run.command])])


def resume_argv(run: RunStarted, *, left_out: Collection[str] = ()) -> tuple[str, ...]:
    """The command line, without the program, that goes on with a run. It keeps the run's options but those
    about the image, which are known, and those `left_out`."""
    replaced = _ABOUT_IMAGE.union(left_out)
    kept = [word for name, given in options_of(run) if name not in replaced for word in given]
    return ("deploy", "--resume", run.run, *kept)


def resumed_argv(run: RunStarted, given: Sequence[str]) -> tuple[str, ...]:
    """The command line of a run that goes on with `run` and was itself given the words `given`: what is taken
    from that run, spelled out, and the other options."""
    told = [word for name, words in options_of(run) if name in _TOLD_BY_RUN for word in words]
    others = _TOLD_BY_RUN | _ABOUT_IMAGE
    more = [word for name, words in parsed(given) if name not in others for word in words]
    return ("deploy", "--resume", run.run, *told, *more)


def proven_pairs(board: Board) -> list[PairView]:
    """The pairs that the run has proved to be healthy on its version, as far as it knows to the last."""
    if board.run is None or not board.run.version:
        return []
    return [pair for pair in board.pairs.values() if _is_proven(board, pair)]


def pairs_to_retry(board: Board) -> list[PairView]:
    """The pairs that are left to do."""
    proven = {pair.key for pair in proven_pairs(board)}
    return [pair for pair in board.pairs.values() if pair.key not in proven]


def hosts_to_retry(board: Board) -> list[str]:
    """The hosts that have pairs which are not done, where others are done; empty where all is to be done
    again."""
    if not proven_pairs(board):
        return []
    return list(dict.fromkeys(pair.host for pair in pairs_to_retry(board)))


def image_is_built(board: Board) -> bool:
    """Whether the image of the run's version is where it is pulled from: built by the run, or not its
    business."""
    if board.plan is None:
        return board.run is not None and was_given(board.run, "--skip-push")
    return Phase.BUILD not in board.plan.phases or _has_built(board)


def _has_built(board: Board) -> bool:
    build = board.phases.get(Phase.BUILD)
    return build is not None and build.outcome is Outcome.DONE


def _is_proven(board: Board, pair: PairView) -> bool:
    """Healthy when last told, and not seen otherwise since. One that was given up or cancelled is so if the
    proxy has the container that the run made: it takes none that it has not found healthy."""
    verdicts = [each for each in board.verdicts if (each.host, each.role) == (pair.host, pair.role)]
    seen = verdicts[-1] if verdicts else None
    if pair.state in _PROVED:
        return seen is None or seen.agrees or bool(seen.unknown)
    given_up = pair.state in {PairState.FAILED, PairState.CANCELLED} and pair.proxied and pair.container
    stays = pair.state is PairState.NOT_ROLLED_BACK
    return bool(given_up or stays) and seen is not None and seen.agrees


def _narrowed(run: RunStarted, hosts: list[str]) -> str:
    """The run's command for these hosts, all its other options kept. The image of this version is built
    already: it only has to be pulled."""
    words = ["backstaff", *run.command.split()]
    replaced = {"--hosts", "--primary", "--resume"}
    if run.command in {"deploy", "redeploy"}:
        words += ["--skip-push", "--version", run.version]
        replaced |= {"--skip-push", "--version", "--no-cache"}
    if run.command == "rollback":
        words.append(run.version)
        replaced.add("--version")
    kept = [word for name, given in options_of(run) if name not in replaced for word in given]
    return shlex.join([*words, *kept, "-h", ",".join(hosts)])
