"""Certificates of one's own, for the proxy to read."""

from dataclasses import dataclass, field

from backstaff.config.models import Config
from backstaff.kamal.paths import tls_dir
from backstaff.kamal.script import make_directory, write_file

_READABLE = 0o644


@dataclass(frozen=True)
class CertificateFiles:
    """A role's certificate and key as PEM texts."""

    role: str
    certificate: str
    key: str = field(repr=False)


def put_certificate(config: Config, files: CertificateFiles) -> list[str]:
    """Commands that put a role's certificate and key on a host.

    The proxy runs as a user of its own inside its container, so both files must be readable by all, as
    they are with Kamal.
    """
    directory = tls_dir(config, files.role)
    return [
        make_directory(directory),
        write_file(f"{directory}/cert.pem", files.certificate.encode(), _READABLE),
        write_file(f"{directory}/key.pem", files.key.encode(), _READABLE),
    ]
