"""Which keys a login had to offer, as evidence for why it was refused."""

import asyncio

import asyncssh

from backstaff.config.models.ssh import Ssh
from backstaff.hosts.known_hosts import HostKey
from backstaff.hosts.ssh_settings import key_files, missing_key_files


async def offered_keys(options: asyncssh.SSHClientConnectionOptions, ssh: Ssh) -> list[str]:
    """One line for each key, from files and from the agent; and for each that could not be offered."""
    from_files = [f"{_described(pair)} from a key file" for pair in options.client_keys or ()]
    from_agent = await _agent_keys(options.agent_path) if options.agent_path else []
    encrypted = await asyncio.to_thread(_encrypted_files, ssh)
    unusable = [
        *(f"{name}, which is encrypted: load it with ssh-add" for name in encrypted),
        *(f"{name}, which does not exist" for name in missing_key_files(ssh)),
    ]
    return from_files + from_agent + unusable


async def _agent_keys(path: str) -> list[str]:
    try:
        async with asyncssh.connect_agent(path) as agent:
            return [f"{_described(pair)} from the agent" for pair in await agent.get_keys()]
    except (OSError, ValueError) as error:
        return [f"the ssh agent at {path}: {error}"]


def _encrypted_files(ssh: Ssh) -> list[str]:
    return [file for file in key_files(ssh) if _is_encrypted(file)]


def _is_encrypted(file: str) -> bool:
    try:
        asyncssh.read_private_key(file)
    except asyncssh.KeyImportError as error:
        return "passphrase" in str(error).lower()
    except OSError:
        return False
    return False


def _described(pair: asyncssh.SSHKeyPair) -> str:
    key = HostKey(pair.algorithm.decode(), pair.public_data)
    comment = pair.get_comment(errors="replace")
    return f"{key.algorithm} {key.fingerprint}" + (f" ({comment})" if comment else "")
