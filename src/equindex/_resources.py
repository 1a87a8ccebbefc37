"""Bundled data: in the wheel beside the code, in an editable install in the repository."""

from pathlib import Path

from equindex.errors import DataError

__all__ = ["path"]


def path(name: str) -> Path:
    """Return the path of a bundled file or folder such as ``data/china-services/framework.toml``.

    Raises
    ------
    DataError
        If the installation lacks it.
    """
    here = Path(__file__).resolve().parent
    for root in (here / "_data", here.parents[1]):
        if (root / name).exists():
            return root / name
    raise DataError(f"the bundled {name!r} is missing from this installation. Reinstall equindex.")
