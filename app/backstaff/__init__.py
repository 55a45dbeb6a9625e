"""Backstaff deploys containers to your own servers over SSH and shows why a boot is waiting."""

__version__: str
"""As the installed package tells it. Looked up when it is asked for: that takes its time."""


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("backstaff")
