"""Secrets files: dotenv grammar, commands, and the values that come out."""

from backstaff.config.secrets.failure import SecretCommandFailed
from backstaff.config.secrets.files import secrets_paths
from backstaff.config.secrets.resolver import (
    RunSecretCommand,
    SecretCommand,
    Secrets,
    resolve_secrets,
    run_in_shell,
)

__all__ = [
    "RunSecretCommand",
    "SecretCommand",
    "SecretCommandFailed",
    "Secrets",
    "resolve_secrets",
    "run_in_shell",
    "secrets_paths",
]
