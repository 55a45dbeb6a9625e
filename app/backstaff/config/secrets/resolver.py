"""Turns secrets files into values, running the commands in them.

Everybody on a machine can read the arguments of its programs, so no secret becomes one on our part: a line
goes to the shell in its environment, with its variables filled in, and `kamal secrets extract` takes no
program. What the line itself gives a secret to, as in `$(tool $TOKEN)` or `$(kamal secrets fetch … $TOKEN)`,
shows it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from backstaff.config.commands import CommandUnavailable, run_async
from backstaff.config.credentials import Credential, SecretName, SecretValue
from backstaff.config.models.config import Config
from backstaff.config.models.needs import SecretNeed
from backstaff.config.positions import Position
from backstaff.config.secrets.dotenv import DotenvEntry, DotenvExport, Quote, SkippedLine
from backstaff.config.secrets.expansion import Surroundings, expand
from backstaff.config.secrets.failure import SecretCommandFailed
from backstaff.config.secrets.files import SecretsFile, read_secrets_files, secrets_paths
from backstaff.config.secrets.kamal_command import Extract, kamal_command
from backstaff.errors import ConfigIssue, SecretsError

_LINEBREAK_MODE = "DOTENV_LINEBREAK_MODE"
_SHORTEST_HIDDEN = 3


@dataclass(frozen=True)
class SecretCommand:
    """A `$(command)` to run: its line, variables already expanded, and what it may see. `key` is the secret
    that is made of it."""

    line: str
    cwd: Path
    environ: Mapping[str, str]
    timeout_s: float
    key: str = ""


RunSecretCommand = Callable[[SecretCommand], Awaitable[str]]
"""Gives a command's output without its last line break, or raises SecretCommandFailed."""


async def run_in_shell(command: SecretCommand) -> str:
    """Runs any command with `/bin/sh`, but for those of `kamal secrets`, which Kamal runs without a shell."""
    kamal = kamal_command(command.line)
    if isinstance(kamal, Extract):
        return _chomp(kamal.value())
    output = await _output_of(kamal.words if kamal else command.line, command)
    return kamal.handed_on(output) if kamal else output


async def _output_of(program: Sequence[str] | str, command: SecretCommand) -> str:
    try:
        ended = await run_async(
            program, cwd=command.cwd, environ=command.environ, timeout_s=command.timeout_s
        )
    except CommandUnavailable as error:
        raise SecretCommandFailed(f"the command {error}") from error
    if ended.reason:
        raise SecretCommandFailed(f"the command failed ({ended.reason})")
    return _chomp(ended.stdout)


def _chomp(text: str) -> str:
    for ending in ("\r\n", "\n", "\r"):
        if text.endswith(ending):
            return text.removesuffix(ending)
    return text


@dataclass(frozen=True)
class Secrets:
    """Every secret by name. `looked_at` are the files searched, `found` those that exist."""

    values: Mapping[str, SecretValue]
    looked_at: tuple[Path, ...] = ()
    found: tuple[Path, ...] = ()
    warnings: tuple[ConfigIssue, ...] = field(default=(), compare=False)

    def __getitem__(self, name: str) -> SecretValue:
        """The secret called `name`; SecretsError if there is none."""
        if name not in self.values:
            raise SecretsError(self.missing(name))
        return self.values[name]

    def of(self, credential: Credential) -> SecretValue:
        """What a credential stands for; SecretsError if it names a secret that does not exist."""
        return self[credential.name] if isinstance(credential, SecretName) else credential

    def missing(self, name: str) -> str:
        """Says that there is no such secret, where it was looked for, and which name is near."""
        if self.found:
            where = f"in {', '.join(map(str, self.found))}"
        else:
            where = f"because none of its files exists ({', '.join(map(str, self.looked_at))})"
        near = get_close_matches(name, sorted(self.values), n=1, cutoff=0.6)
        hint = f" (did you mean `{near[0]}`?)" if near else ""
        return f"the secret {name} is not found {where}{hint}"


async def resolve_secrets(
    config: Config,
    needs: Iterable[SecretNeed] | None = None,
    *,
    environ: Mapping[str, str],
    cwd: Path,
    run: RunSecretCommand = run_in_shell,
) -> Secrets:
    """Reads every secret of the destination and makes sure that all of `needs` are among them.

    `needs` are by default all that a deploy takes. Each command has the deadline `timeouts.secret`.
    Raises SecretsError with every failed command and missing secret, each with its file and line.
    """
    paths = secrets_paths(config.secrets_path, config.destination)
    files = await asyncio.to_thread(read_secrets_files, paths, cwd)
    seen = dict(environ)
    if config.destination is not None:
        seen["KAMAL_DESTINATION"] = config.destination
    reader = _Reader(seen, cwd, config.backstaff.timeouts.secret, run)
    values: dict[str, SecretValue] = {}
    for file in files:
        values.update(await reader.read(file))
    found = tuple(file.path for file in files)
    secrets = Secrets(values, paths, found, tuple(reader.warnings))
    needed = config.requires_secrets() if needs is None else needs
    _raise_problems(reader, secrets, needed)
    return secrets


def _raise_problems(reader: "_Reader", secrets: Secrets, needs: Iterable[SecretNeed]) -> None:
    problems = list(reader.problems)
    for need in needs:
        if need.name not in secrets.values and need.name not in reader.failed:
            place = f"{need.position}: " if need.position else ""
            problems.append(f"{place}{secrets.missing(need.name)}")
    if problems:
        raise SecretsError("\n".join(dict.fromkeys(problems)))


class _Reader:
    """Evaluates files one after the other, entry by entry, and gathers what goes wrong."""

    def __init__(
        self, environ: Mapping[str, str], cwd: Path, timeout_s: float, run: RunSecretCommand
    ) -> None:
        self.problems: list[str] = []
        self.warnings: list[ConfigIssue] = []
        self.failed: set[str] = set()
        self._environ = environ
        self._cwd = cwd
        self._timeout_s = timeout_s
        self._run = run

    async def read(self, file: SecretsFile) -> dict[str, SecretValue]:
        """Values of one file; an entry that fails is left out and noted."""
        values: dict[str, str] = {}
        for item in file.items:
            match item:
                case SkippedLine(position=place):
                    self._warn(place, "", "this line is no KEY=value and is ignored")
                case DotenvExport(key=key, position=place):
                    if key not in values:
                        self.problems.append(f"{place}: {key}: is exported without a value and not set above")
                case DotenvEntry():
                    await self._read_entry(item, values)
        return {key: SecretValue(value) for key, value in values.items()}

    async def _read_entry(self, entry: DotenvEntry, values: dict[str, str]) -> None:
        if entry.quote is Quote.NONE and entry.text[:1] in ("'", '"'):
            self._warn(entry.position, entry.key, "starts with a quote that is never closed")
        try:
            values[entry.key] = await expand(entry.text, entry.quote, self._surroundings(entry, values))
        except SecretCommandFailed as error:
            self.failed.add(entry.key)
            self.problems.append(f"{entry.position}: {entry.key}: {_hidden(str(error), values.values())}")

    def _surroundings(self, entry: DotenvEntry, values: Mapping[str, str]) -> Surroundings:
        known = {**self._environ, **values}

        async def run(line: str) -> str:
            return await self._run(SecretCommand(line, self._cwd, self._environ, self._timeout_s, entry.key))

        def warn_unknown(name: str) -> None:
            if name not in self.failed:
                message = f"loses ${name}, because no such variable is set; write \\${name} to keep the text"
                self._warn(entry.position, entry.key, message)

        def warn_unclosed() -> None:
            self._warn(entry.position, entry.key, "has a $( without its ), so it is no command")

        return Surroundings(
            known=known,
            run=run,
            on_unknown=warn_unknown,
            on_unclosed=warn_unclosed,
            legacy_breaks=known.get(_LINEBREAK_MODE) == "legacy",
        )

    def _warn(self, place: Position, key: str, message: str) -> None:
        self.warnings.append(ConfigIssue(place.file, place.line, place.column, key, message))


def _hidden(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets known so far."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _SHORTEST_HIDDEN:
            text = text.replace(secret, str(SecretValue(secret)))
    return text
