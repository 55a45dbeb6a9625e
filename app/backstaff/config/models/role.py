"""A role: which hosts run it, and how its containers differ from those of other roles."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from backstaff.config.models.container import DEFAULT_RESTART_POLICY, AssetPath, Logging, OptionValue
from backstaff.config.models.env import EnvVars, RootEnv, combine
from backstaff.config.models.proxy import Proxy
from backstaff.config.models.values import NO_TEXTS


@dataclass(frozen=True)
class Role:
    """A role with everything inherited from the root already in place.

    `hosts` are in the order of deploy.yml, without duplicates. `labels` are the custom ones only, root
    first. `options` leave out `restart`, which is `restart_policy`. `proxy` is None when the role is not
    behind the proxy; `asset_path` is set for proxied roles only. `stop_timeout` in seconds, None leaves
    it to the drain timeout or Docker. `root_env` and `own_env` are the layers that `env_for` combines.
    """

    name: str
    hosts: tuple[str, ...]
    host_tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cmd: str | None = None
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    restart_policy: str = DEFAULT_RESTART_POLICY
    logging: Logging = field(default_factory=Logging)
    proxy: Proxy | None = None
    labels: Mapping[str, str] = field(default_factory=lambda: NO_TEXTS)
    stop_timeout: int | None = None
    asset_path: AssetPath | None = None
    root_env: RootEnv = field(default_factory=RootEnv)
    own_env: EnvVars = field(default_factory=EnvVars)

    @property
    def proxied(self) -> bool:
        """Whether traffic reaches the role through kamal-proxy."""
        return self.proxy is not None

    def env_for(self, host: str) -> EnvVars:
        """Environment of this role's container on `host`: root, role, then the host's tags in order."""
        tags = (self.root_env.tags.get(tag) for tag in self.host_tags.get(host, ()))
        return combine([self.root_env, self.own_env, *(tag for tag in tags if tag is not None)])
