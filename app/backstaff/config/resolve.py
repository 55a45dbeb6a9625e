"""A checked deploy.yml, turned into the configuration that the rest of the program works with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backstaff.config.credentials import Credential, SecretName, SecretValue
from backstaff.config.models.boot import Boot
from backstaff.config.models.builder import BuildCache, Builder, Buildpacks
from backstaff.config.models.config import Config
from backstaff.config.models.output import HooksOutput, HookVerbosity, Output
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.config.positions import SourceMap
from backstaff.config.resolve_proxy import resolve_proxy
from backstaff.config.resolve_servers import (
    resolve_accessories,
    resolve_asset_path,
    resolve_logging,
    resolve_registry,
    resolve_roles,
    resolve_root_env,
)
from backstaff.config.schema import DeployFile
from backstaff.config.schema.builder import BuilderSection
from backstaff.config.schema.connection import SshKitSection, SshSection
from backstaff.config.schema.deploy_file import OutputSection
from backstaff.config.schema.registry import RegistrySection
from backstaff.errors import ConfigIssue

_PEM = "-----BEGIN"


@dataclass(frozen=True)
class Origin:
    """Where a configuration came from."""

    destination: str | None
    files: Sequence[Path]
    sources: SourceMap
    warnings: Sequence[ConfigIssue]


def resolve(file: DeployFile, origin: Origin) -> Config:
    """The configuration of a file that breaks no rule."""
    service = file.service or ""
    return Config(
        service=service,
        image=file.image or service,
        registry=resolve_registry(file.registry or RegistrySection()),
        builder=_builder(file.builder),
        destination=origin.destination,
        roles=resolve_roles(file),
        primary_role=file.primary_role,
        accessories=resolve_accessories(file),
        labels=file.labels,
        volumes=file.volumes,
        env=resolve_root_env(file),
        proxy=resolve_proxy(file.proxy),
        logging=resolve_logging(file.logging),
        boot=Boot(file.boot.limit, file.boot.wait, file.boot.parallel_roles),
        ssh=_ssh(file.ssh),
        sshkit=_sshkit(file.sshkit),
        aliases=file.aliases,
        output=_output(file.output),
        hooks_output=_hooks_output(file.hooks_output),
        asset_path=resolve_asset_path(file.asset_path),
        hooks_path=file.hooks_path,
        secrets_path=file.secrets_path,
        error_pages_path=file.error_pages_path,
        retain_containers=file.retain_containers,
        readiness_delay=file.readiness_delay,
        deploy_timeout=file.deploy_timeout,
        drain_timeout=file.drain_timeout,
        stop_timeout=file.stop_timeout,
        require_destination=file.require_destination,
        allow_empty_roles=file.allow_empty_roles,
        minimum_version=file.minimum_version,
        backstaff=file.backstaff,
        files=tuple(origin.files),
        sources=origin.sources,
        warnings=tuple(origin.warnings),
    )


def _builder(section: BuilderSection) -> Builder:
    arches = (section.arch,) if isinstance(section.arch, str) else section.arch
    cache, pack = section.cache, section.pack
    return Builder(
        arches=arches,
        driver=section.driver,
        remote=section.remote,
        local=section.local,
        context=section.context,
        dockerfile=section.dockerfile,
        target=section.target,
        args=section.args,
        secrets=section.secrets,
        ssh=section.ssh,
        provenance=section.provenance,
        sbom=section.sbom,
        cache=BuildCache(cache.type, cache.options, cache.image) if cache else None,
        pack=Buildpacks(pack.builder, pack.buildpacks) if pack else None,
    )


def _ssh(section: SshSection) -> Ssh:
    return Ssh(
        user=section.user,
        port=section.port,
        proxy=section.proxy,
        proxy_command=section.proxy_command,
        log_level=section.log_level,
        keys_only=section.keys_only,
        keys=section.keys,
        key_data=tuple(_key_data(text) for text in section.key_data),
        config=(section.config,) if isinstance(section.config, str) else section.config,
        forward_agent=section.forward_agent,
    )


def _key_data(text: str) -> Credential:
    return SecretValue(text) if text.lstrip().startswith(_PEM) else SecretName(text)


def _hooks_output(written: HookVerbosity | dict[str, HookVerbosity]) -> HooksOutput:
    if isinstance(written, HookVerbosity):
        return HooksOutput(default=written)
    return HooksOutput(by_hook=written)


def _output(section: OutputSection) -> Output:
    return Output(
        file_path=section.file.path if section.file else None,
        otel_endpoint=section.otel.endpoint if section.otel else None,
    )


def _sshkit(section: SshKitSection) -> SshKit:
    return SshKit(section.max_concurrent_starts, section.pool_idle_timeout, section.dns_retries)
