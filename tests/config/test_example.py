"""The example file at the top of the project is right, complete, and says the real defaults."""

from pathlib import Path

from backstaff.config import load_config
from backstaff.config.models import BackstaffSettings, Timeouts
from tests.config.builders import ENVIRON

EXAMPLE = Path(__file__).parents[2] / "config.example.yml"


def test_the_example_loads_without_errors_or_warnings(tmp_path: Path) -> None:
    config = load_config(EXAMPLE, environ=ENVIRON, cwd=tmp_path)
    assert config.warnings == ()
    assert [role.name for role in config.roles] == ["api", "job", "web"]
    assert config.role("web").env_for("deploy@192.0.2.13:2222").clear["FEATURES"] == "all"
    api = config.role("api").proxy
    assert api is not None
    assert (api.hosts, api.app_port, api.healthcheck.path) == (("api.example.com",), 4000, "/healthz")


def test_the_example_spells_out_the_defaults_of_our_own_settings(tmp_path: Path) -> None:
    config = load_config(EXAMPLE, environ=ENVIRON, cwd=tmp_path)
    assert config.backstaff == BackstaffSettings()
    assert config.backstaff.timeouts.model_fields_set == set(Timeouts.model_fields)
