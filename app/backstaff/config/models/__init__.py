"""The resolved configuration as immutable values."""

from backstaff.config.models.accessory import Accessory, AccessoryPath
from backstaff.config.models.boot import Boot, Percent
from backstaff.config.models.builder import BuildCache, Builder, Buildpacks, CacheType
from backstaff.config.models.config import Config
from backstaff.config.models.container import AssetPath, Logging, OptionValue
from backstaff.config.models.env import EnvVars, RootEnv, SecretVar
from backstaff.config.models.needs import SecretNeed
from backstaff.config.models.output import HooksOutput, HookVerbosity, Output
from backstaff.config.models.proxy import (
    Buffering,
    Proxy,
    ProxyHealthcheck,
    ProxyLogging,
    ProxyRun,
    TlsCertificate,
)
from backstaff.config.models.registry import Registry
from backstaff.config.models.role import Role
from backstaff.config.models.settings import BackstaffSettings, OnFailure, Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit

__all__ = [
    "Accessory",
    "AccessoryPath",
    "AssetPath",
    "BackstaffSettings",
    "Boot",
    "Buffering",
    "BuildCache",
    "Builder",
    "Buildpacks",
    "CacheType",
    "Config",
    "EnvVars",
    "HookVerbosity",
    "HooksOutput",
    "Logging",
    "OnFailure",
    "OptionValue",
    "Output",
    "Percent",
    "Proxy",
    "ProxyHealthcheck",
    "ProxyLogging",
    "ProxyRun",
    "Registry",
    "Role",
    "RootEnv",
    "SecretNeed",
    "SecretVar",
    "Ssh",
    "SshKit",
    "Timeouts",
    "TlsCertificate",
    "UnknownHosts",
]
