"""Which secrets files there are, and what is in them."""

from dataclasses import dataclass
from pathlib import Path

from backstaff.config.secrets.dotenv import DotenvItem, parse_dotenv
from backstaff.errors import SecretsError


@dataclass(frozen=True)
class SecretsFile:
    """A secrets file that exists, parsed. Files are independent: none sees another's variables."""

    path: Path
    items: tuple[DotenvItem, ...]


def secrets_paths(secrets_path: str, destination: str | None) -> tuple[Path, ...]:
    """The files to read, later ones overriding earlier ones. A destination replaces the plain file."""
    own = f"{secrets_path}.{destination}" if destination else secrets_path
    return Path(f"{secrets_path}-common"), Path(own)


def read_secrets_files(paths: tuple[Path, ...], cwd: Path) -> tuple[SecretsFile, ...]:
    """Those of `paths` that exist. Raises SecretsError for one that can not be read."""
    found: list[SecretsFile] = []
    for path in paths:
        try:
            text = (cwd / path).read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            continue
        except UnicodeDecodeError as error:
            raise SecretsError("is not UTF-8 text", where=str(path)) from error
        except (OSError, ValueError) as error:
            raise SecretsError(f"can not be read: {error}", where=str(path)) from error
        found.append(SecretsFile(path, tuple(parse_dotenv(path, text))))
    return tuple(found)
