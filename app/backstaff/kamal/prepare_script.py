"""Everything a host needs before its roles boot, in one round trip."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstaff.config.models import Config, Role
from backstaff.kamal.assets import FILL, extract_assets, sync_assets
from backstaff.kamal.audit import append_audit
from backstaff.kamal.error_pages import put_error_pages
from backstaff.kamal.paths import APPS_CONFIG_DIR, RUN_DIR
from backstaff.kamal.proxy_boot import start_script
from backstaff.kamal.script import make_directory, script, step
from backstaff.kamal.tls import CertificateFiles, put_certificate

START_PROXY = "start proxy"
"""The step that starts the proxy, as a script tells it."""


@dataclass(frozen=True)
class HostNeeds:
    """What one host needs. `assets` maps roles that share assets to the version they run now, if any.

    `error_pages` maps file names to contents, `audit` are lines for the log.
    """

    starts_proxy: bool = False
    error_pages: Mapping[str, bytes] = field(default_factory=dict)
    assets: Mapping[str, str | None] = field(default_factory=dict)
    certificates: tuple[CertificateFiles, ...] = ()
    audit: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to do but to make directories and write the log."""
        return bool(self.starts_proxy or self.error_pages or self.assets or self.certificates)


def prepare_script(config: Config, host: str, version: str, needs: HostNeeds) -> str:
    """Makes Kamal's directories and brings the files in place; starts the proxy if asked to.

    The proxy's network and, for assets, the version's image must be there. Ends at the first step that
    fails; `last_step` tells which. With certificates the script holds their keys and must not be shown.
    """
    lines = [step("make directories"), make_directory(RUN_DIR)]
    if needs.audit:
        lines += [step("write audit log"), append_audit(config, needs.audit)]
    if needs.starts_proxy:
        lines += [step(START_PROXY), make_directory(APPS_CONFIG_DIR), _checked(start_script(config, host))]
    if needs.error_pages:
        lines += [step("upload error pages"), *put_error_pages(config, version, needs.error_pages)]
    if needs.assets:
        lines.append(FILL)
    for name, old_version in needs.assets.items():
        lines += _assets(config, config.role(name), version, old_version)
    for files in needs.certificates:
        lines += [step(f"write TLS certificate of {files.role}"), *put_certificate(config, files)]
    return script(lines)


def _assets(config: Config, role: Role, version: str, old_version: str | None) -> list[str]:
    return [
        step(f"extract assets of {role.name}"),
        *extract_assets(config, role, version),
        step(f"share assets of {role.name}"),
        *sync_assets(config, role, version, old_version),
    ]


def _checked(line: str) -> str:
    return f"{{ {line}\n}} >/dev/null || exit 1"
