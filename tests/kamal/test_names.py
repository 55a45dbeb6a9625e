from backstaff.kamal import names, paths
from tests.kamal.builders import a_config


def test_containers_are_named_for_service_role_destination_and_version() -> None:
    assert names.container_name(a_config(), "web", "v1") == "app-web-v1"
    assert names.container_name(a_config(destination="staging"), "job", "v1") == "app-job-staging-v1"
    assert names.replaced_name("app-web-v1", "0123456789abcdef") == "app-web-v1_replaced_0123456789abcdef"
    assert names.assets_container(a_config(), "web") == "app-web-assets"


def test_version_is_what_follows_the_prefix() -> None:
    assert names.version_of("app-web-v1_replaced_00", "app-web") == "v1_replaced_00"
    assert names.version_of("started-by-hand", "app-web") == "started-by-hand"


def test_hostname_is_cut_and_loses_one_trailing_dot() -> None:
    assert names.container_hostname("h1", "0123456789ab") == "h1-0123456789ab"
    long = "a" * 50 + ".example.com"
    assert names.container_hostname(long, "0123456789ab") == "a" * 50 + "-0123456789ab"


def test_versions_are_shortened_unless_uncommitted() -> None:
    assert names.abbreviated_version("0123456789") == "0123456"
    assert names.abbreviated_version("0123456789_uncommitted_ab") == "0123456789_uncommitted_ab"


def test_paths_are_those_of_kamal() -> None:
    config = a_config(destination="staging")
    assert names.latest_image(config) == "registry.test/me/app:latest-staging"
    assert paths.env_file(config, "web") == ".kamal/apps/app-staging/env/roles/web.env"
    assert (
        paths.extracted_assets_dir(config, "web", "v1") == ".kamal/apps/app-staging/assets/extracted/web-v1"
    )
    assert paths.asset_volume_dir(config, "web", "v1") == ".kamal/apps/app-staging/assets/volumes/web-v1"
    assert paths.lock_dir(config) == ".kamal/lock-app-staging"
    assert paths.audit_log(a_config()) == ".kamal/app-audit.log"
    assert paths.error_pages_dir(config, "v1") == ".kamal/proxy/apps-config/app-staging/error_pages/v1"
    assert paths.tls_dir_in_proxy(config, "web") == "/home/kamal-proxy/.apps-config/app-staging/tls/web"
