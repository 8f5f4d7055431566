"""FreePBX's blacklist on a real Asterisk: its database's own listing is understood."""

from pathlib import Path

import pytest

from support.blacklists import listed
from support.pbx.server import running_pbx

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(240)]


async def test_numbers_of_the_database_are_spam_until_they_are_taken_off(tmp_path: Path) -> None:
    async with running_pbx(tmp_path / "pbx") as pbx:
        host, port = pbx.ami
        async with listed(f"ami://tests:tests-secret@{host}:{port}", tmp_path) as spam:
            await spam.blacklist.read()
            assert spam.spam() == {}
            await spam.at_pbx("89161234567", "+48221234567", "1234", value="Sales: calls twice a day, and lies")
            await spam.at_pbx("blocked", "dest", value="1")
            await spam.blacklist.read()
            assert spam.spam() == {"+79161234567": "pbx", "+48221234567": "pbx", "1234": "pbx"}
            await spam.at_pbx(gone=("89161234567", "1234"))
            await spam.blacklist.read()
            assert spam.spam() == {"+48221234567": "pbx"}
