"""The docker command on a simulated host: what Backstaff's scripts, and Kamal's, ask of it."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from backstaff.simulator.create_arguments import CommandLineError, parse_creation
from backstaff.simulator.daemon import API_VERSION, VERSION, Daemon
from backstaff.simulator.docker_lists import container_lines, image_lines
from backstaff.simulator.errors import DockerRefusal, NotModified
from backstaff.simulator.faults import Operation
from backstaff.simulator.image_store import Credentials
from backstaff.simulator.images import RegistryRefusal, with_tag

_REFUSED, _USAGE = 1, 125


class CommandHost(Protocol):
    """What the command needs of its host."""

    @property
    def daemon(self) -> Daemon:
        """Its Docker Engine."""
        ...

    async def reached(self, operation: Operation) -> None:
        """An operation begins; whatever was planned for it happens first."""


@dataclass(frozen=True)
class Invocation:
    """One call of the command, typed in `directory`. `say` prints a line to a stream."""

    host: CommandHost
    directory: Path
    words: Sequence[str]
    say: Callable[[str, str], None]

    def out(self, text: str) -> None:
        """Print a line."""
        self.say("stdout", text)

    def err(self, text: str) -> None:
        """Print a line to standard error."""
        self.say("stderr", text)

    @property
    def daemon(self) -> Daemon:
        """The engine."""
        return self.host.daemon

    @property
    def names(self) -> list[str]:
        """The words that are no options."""
        return [word for word in self.words if not word.startswith("-")]


async def docker(call: Invocation) -> int:
    """Carry a command out; its exit status."""
    await call.daemon.machine.thawed.wait()
    words = list(call.words)
    group = words.pop(0) if words and words[0] in _GROUPS else ""
    name = words.pop(0) if words else ""
    handler = _COMMANDS.get(_ALIASES.get((group, name), name if not group else f"{group} {name}"))
    if handler is None:
        call.err(f"docker: '{' '.join(filter(None, (group, name)))}' is not a docker command.")
        return _REFUSED
    inner = Invocation(call.host, call.directory, words, call.say)
    try:
        return await handler(inner)
    except CommandLineError as error:
        call.err(str(error))
        return error.status
    except (DockerRefusal, RegistryRefusal) as refusal:
        prefix = "docker: " if name == "run" else ""
        call.err(f"{prefix}Error response from daemon: {refusal.message}{'.' if name == 'run' else ''}")
        return _USAGE if name == "run" else _REFUSED


async def _create(call: Invocation) -> int:
    await call.host.reached(Operation.CREATE)
    wanted = parse_creation(call.words, call.directory, command="create").wanted
    await _bring_image(call, wanted.image)
    call.out(call.daemon.create(wanted).id)
    return 0


async def _run(call: Invocation) -> int:
    creation = parse_creation(call.words, call.directory, command="run")
    await _bring_image(call, creation.wanted.image)
    container = call.daemon.create(creation.wanted)
    if creation.detached:
        call.daemon.start(container.id)
        call.out(container.id)
        return 0
    queue = container.log.follow()
    call.daemon.start(container.id)
    try:
        while (entry := await queue.get()) is not None:
            call.say(entry.stream, entry.data.decode("utf-8", "replace").removesuffix("\n"))
    finally:
        container.log.unfollow(queue)
    return await container.wait()


async def _bring_image(call: Invocation, name: str) -> None:
    if call.daemon.images.find(name) is not None:
        return
    call.err(f"Unable to find image '{with_tag(name)}' locally")
    await call.daemon.pull(name, Credentials())


async def _start(call: Invocation) -> int:
    return _each(call, lambda name: call.daemon.start(name))


async def _stop(call: Invocation) -> int:
    grace, names = _option(call, "-t", "--time")
    status = 0
    for name in names:
        try:
            with suppress(NotModified):
                stopping = call.daemon.get(name).stop(int(grace) if grace else None)
                await call.daemon.machine.regardless(stopping)
            call.out(name)
        except DockerRefusal as refusal:
            call.err(f"Error response from daemon: {refusal.message}")
            status = _REFUSED
    return status


async def _remove(call: Invocation) -> int:
    force = "-f" in call.words or "--force" in call.words
    status = 0
    for name in call.names:
        try:
            await call.daemon.remove(name, force=force)
            call.out(name)
        except DockerRefusal as refusal:
            call.err(f"Error response from daemon: {refusal.message}")
            status = _REFUSED
    return status


async def _rename(call: Invocation) -> int:
    call.daemon.rename(*call.names[:2])
    return 0


async def _kill(call: Invocation) -> int:
    for name in call.names:
        await call.daemon.kill(name)
        call.out(name)
    return 0


async def _pause(call: Invocation) -> int:
    for name in call.names:
        call.daemon.get(name).pause()
        call.out(name)
    return 0


async def _unpause(call: Invocation) -> int:
    for name in call.names:
        call.daemon.get(name).unpause()
        call.out(name)
    return 0


async def _list(call: Invocation) -> int:
    for line in container_lines(call.daemon, call.words):
        call.out(line)
    return 0


async def _list_images(call: Invocation) -> int:
    for line in image_lines(call.daemon, call.words):
        call.out(line)
    return 0


async def _copy(call: Invocation) -> int:
    source, target = call.names[:2]
    name, _, path = source.partition(":")
    container = call.daemon.get(name)
    prefix = path.removesuffix("/.").rstrip("/")
    found = {
        inside: data
        for inside, data in container.image.config.files.items()
        if inside.startswith(f"{prefix}/")
    }
    if not found:
        raise DockerRefusal(404, f"Could not find the file {path} in container {name}")
    for inside, data in found.items():
        file = call.directory / target / inside.removeprefix(f"{prefix}/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return 0


async def _logs(call: Invocation) -> int:
    tail, names = _option(call, "--tail", "-n")
    for entry in call.daemon.get(names[0]).log.select(tail=int(tail) if tail else None):
        call.say(entry.stream, entry.data.decode("utf-8", "replace").removesuffix("\n"))
    return 0


async def _exec(call: Invocation) -> int:
    words = list(call.words)
    while words and words[0].startswith("-"):
        words.pop(0)
    container = call.daemon.for_exec(words[0])
    prepared = call.daemon.execs.prepare(container, tuple(words[1:]))
    call.daemon.machine.spawn(prepared.run())
    while (piece := await prepared.output.get()) is not None:
        for line in piece[1].decode("utf-8", "replace").splitlines():
            call.say(piece[0], line)
    return prepared.exit_code or 0


async def _pull(call: Invocation) -> int:
    await call.host.reached(Operation.PULL)
    await call.daemon.pull(call.names[0], Credentials())
    call.out(with_tag(call.names[0]))
    return 0


async def _tag(call: Invocation) -> int:
    call.daemon.images.tag(*call.names[:2])
    return 0


async def _remove_image(call: Invocation) -> int:
    force = "-f" in call.words or "--force" in call.words
    for name in call.names:
        for item in call.daemon.images.remove(name, force=force):
            call.out(": ".join(f"{key}: {value}" for key, value in item.items()))
    return 0


async def _create_network(call: Invocation) -> int:
    call.out(call.daemon.create_network(call.names[0]))
    return 0


async def _version(call: Invocation) -> int:
    call.out(VERSION if "--format" in call.words else f"Server: {VERSION}, API {API_VERSION}")
    return 0


def _each(call: Invocation, work: Callable[[str], None]) -> int:
    status = 0
    for name in call.names:
        try:
            with suppress(NotModified):
                work(name)
            call.out(name)
        except DockerRefusal as refusal:
            call.err(f"Error response from daemon: {refusal.message}")
            call.err(f"Error: failed to start containers: {name}")
            status = _REFUSED
    return status


def _option(call: Invocation, *spellings: str) -> tuple[str, list[str]]:
    """The value of an option, and the plain words without it."""
    words = list(call.words)
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in spellings:
            taken = value if equals else words[place + 1]
            del words[place : place + (1 if equals else 2)]
            return taken, [each for each in words if not each.startswith("-")]
    return "", [each for each in words if not each.startswith("-")]


_GROUPS = frozenset({"container", "image", "network", "system"})
_ALIASES = {
    ("container", name): name
    for name in (
        "create", "run", "start", "stop", "kill", "pause", "unpause", "rm", "rename", "cp", "logs", "exec",
    )
} | {
    ("container", "ls"): "ps",
    ("image", "ls"): "images",
    ("image", "pull"): "pull",
    ("image", "tag"): "tag",
    ("image", "rm"): "rmi",
}  # fmt: skip
_COMMANDS: dict[str, Callable[[Invocation], Awaitable[int]]] = {
    "create": _create,
    "run": _run,
    "start": _start,
    "stop": _stop,
    "rm": _remove,
    "rename": _rename,
    "kill": _kill,
    "pause": _pause,
    "unpause": _unpause,
    "ps": _list,
    "images": _list_images,
    "cp": _copy,
    "logs": _logs,
    "exec": _exec,
    "pull": _pull,
    "tag": _tag,
    "rmi": _remove_image,
    "network create": _create_network,
    "version": _version,
}
