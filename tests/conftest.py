import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
os.environ.pop("COLUMNS", None)  # what is printed here has the width of a file, whoever runs it
settings.register_profile("any machine", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Path]:
    """Find a file of the published reference data, or skip the test with the reason."""
    root = Path(os.environ.get("EQUINDEX_REFERENCE", REPOSITORY.parent / "shared" / "reference"))

    def find(name: str) -> Path:
        path = root / name
        if not path.exists():
            pytest.skip(f"reference data {name!r} are not here; set EQUINDEX_REFERENCE")
        return path

    return find
