"""Backstaff deploys containers to your own servers over SSH and shows why a boot is waiting."""

from importlib.metadata import version as _version

__version__ = _version("backstaff")
