from backstaff.config.models import AssetPath, EnvVars, Logging, RootEnv, SecretVar
from backstaff.kamal.create import create_line
from tests.kamal.builders import a_config, a_role


def test_smallest_container() -> None:
    config = a_config()
    assert create_line(config, config.role("web"), "h1", "v1", hostname="h1-0123456789ab") == (
        "docker create --restart unless-stopped --name app-web-v1 --network kamal --hostname h1-0123456789ab "
        '--env KAMAL_CONTAINER_NAME="app-web-v1" --env KAMAL_VERSION="v1" --env KAMAL_HOST="h1" '
        '--env-file .kamal/apps/app/env/roles/web.env --log-opt max-size="10m" '
        '--label service="app" --label role="web" --label destination registry.test/me/app:v1'
    )


def test_container_with_everything() -> None:
    root = RootEnv(
        clear={"A": "1", "B": "root"},
        secret=(SecretVar("PW", "PW"),),
        tags={"eu": EnvVars(clear={"B": "eu"})},
    )
    role = a_role(
        "web",
        "h1",
        host_tags={"h1": ("eu",)},
        root_env=root,
        own_env=EnvVars(clear={"C": "$x ${HOME}"}),
        logging=Logging("syslog", {"tag": "web"}),
        asset_path=AssetPath("/app/public", "ro"),
        labels={"team": "a b"},
        options={"memory": "1g", "init": True, "detach": True},
        restart_policy="on-failure:3",
        cmd="bin/web -p 80",
    )
    config = a_config(role, destination="eu", volumes=("data:/data",))
    assert create_line(config, role, "h1", "v1", hostname="h1-0123456789ab") == (
        "docker create --restart on-failure:3 --name app-web-eu-v1 --network kamal "
        "--hostname h1-0123456789ab "
        '--env KAMAL_CONTAINER_NAME="app-web-eu-v1" --env KAMAL_VERSION="v1" --env KAMAL_HOST="h1" '
        '--env KAMAL_DESTINATION="eu" --env A="1" --env B="eu" --env C="\\$x ${HOME}" '
        "--env-file .kamal/apps/app-eu/env/roles/web.env "
        '--log-driver "syslog" --log-opt tag="web" --volume data:/data '
        "--volume $PWD/.kamal/apps/app-eu/assets/volumes/web-v1:/app/public:ro "
        '--label service="app" --label role="web" --label destination="eu" --label team="a b" '
        '--memory "1g" --init registry.test/me/app:v1 bin/web -p 80'
    )
