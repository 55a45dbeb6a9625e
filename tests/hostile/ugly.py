"""A configuration with an ugly value wherever one can stand."""

from dataclasses import dataclass

from hypothesis import strategies as st

from backstaff.config.models import (
    AssetPath,
    Builder,
    Config,
    EnvVars,
    Logging,
    Proxy,
    ProxyRun,
    RootEnv,
)
from tests.kamal.builders import a_config, a_role

_ANY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_NASTY = st.sampled_from(
    [
        "$(touch INJECTED)",
        "`touch INJECTED`",
        "'; touch INJECTED; '",
        '"; touch INJECTED; "',
        "\n touch INJECTED\n",
        "x || touch INJECTED #",
        "\\'; touch INJECTED",
        "\\",
        "CONTENT\ntouch INJECTED\n",
        "-e",
        "*",
        "~",
        "!!",
        "",
        " ",
    ]
)


@dataclass(frozen=True)
class Ugly:
    """`text` is anything without NUL, `value` the same without `${`, which Kamal leaves to the shell."""

    text: str
    value: str

    def config(self) -> Config:
        """Roles, environment, labels, options and files made of them."""
        run = ProxyRun(log_max_size=self.text, options={"label": self.value})
        role = a_role(
            "web",
            "h1",
            proxy=Proxy(hosts=(self.text,), run=run),
            root_env=RootEnv(clear={"A": self.value, "B;touch INJECTED": self.value}),
            own_env=EnvVars(clear={"C": self.value}),
            labels={"a'b": self.value, "$(touch INJECTED)": "x"},
            logging=Logging("json-file", {"tag;touch INJECTED": self.value}),
            options={"memory": self.value, "init": True},
            asset_path=AssetPath(f"/{self.text}", "ro"),
        )
        builder = Builder(
            arches=("amd64",),
            args={"A;touch INJECTED": self.value},
            secrets=(self.value or "S",),
            context=".",
        )
        return a_config(role, builder=builder, error_pages_path="pages")


UGLY_VALUES = st.builds(
    Ugly,
    text=st.one_of(_ANY, _NASTY),
    value=st.one_of(_ANY, _NASTY).filter(lambda text: "${" not in text),
)
