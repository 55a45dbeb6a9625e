"""Rules that span keys, checked once every key for itself is sound."""

from collections.abc import Iterator

from backstaff.config.rules.accessories import check_accessories
from backstaff.config.rules.finding import Finding, Setting
from backstaff.config.rules.left_alone import check_left_alone
from backstaff.config.rules.pace import check_pace
from backstaff.config.rules.proxies import check_proxies
from backstaff.config.rules.root import check_root
from backstaff.config.rules.servers import check_servers


def broken_rules(setting: Setting) -> Iterator[Finding]:
    """Everything that contradicts a rule."""
    yield from check_root(setting)
    yield from check_servers(setting)
    yield from check_accessories(setting)
    yield from check_proxies(setting)
    yield from check_pace(setting)
    yield from check_left_alone(setting)


__all__ = ["Finding", "Setting", "broken_rules"]
