"""The recorded scenarios' records as one PBX wrote them in one day."""

from pathlib import Path

import pytest

from support.databases import (  # noqa: F401 - fixtures
    database_url,
    postgres,
    postgres_url,
    sqlite_template,
    sqlite_url,
    store,
)
from support.mariadb import mariadb  # noqa: F401 - a fixture
from support.repair_files import RecordFiles


@pytest.fixture
def files(tmp_path: Path) -> RecordFiles:
    return RecordFiles(tmp_path / "asterisk")
