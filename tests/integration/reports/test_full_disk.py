"""A disk that becomes full while a report is written: it is said so, and no part of the report is left.

A limit on the length of files stands for it: the very same calls fail, in a process of their own.
"""

import resource
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from callfloor.store import Store
from support.call_records import call

MOST_BYTES = 20_000
SCRIPT = """
import pathlib, resource, signal, sys, zoneinfo
from callfloor.errors import ReportDiskError
from callfloor.reports.making import About, Seen, make
from callfloor.store import Store
from callfloor.store.call_filter import CallFilter
from callfloor.store.report_asks import Form, ReportAsk, What
url, project, form, path, most = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = Store.open(url)
ask = ReportAsk(what=What.CALLS, form=Form(form), filter=CallFilter(started_from=0.0, started_to=4e9))
about = About(project="Acme", zone=zoneinfo.ZoneInfo("UTC"))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
try:
    made = make(store.project(int(project)), about, ask, Seen(), pathlib.Path(path), lambda done, of: None, now=2e9)
    print("made", made.rows)
except ReportDiskError as error:
    print(error.error_id, error.status, error.details.get("reason"))
"""


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
def test_nothing_is_left_of_a_report_for_which_there_is_no_room(
    store: Store, database_url: str, tmp_path: Path, form: str
) -> None:
    made = store.projects.add("Acme", timezone="UTC", country="PL", language="en", now=1.0)
    project = store.project(made.id)
    project.journal.write(
        [msgspec.structs.replace(call(n), client_number=f"+4860{n * 7919 % 10**7:07}") for n in range(1500)]
    )
    folder = tmp_path / "report"
    folder.mkdir()

    def run(most: int) -> str:
        words = [database_url, str(made.id), form, str(folder / "file"), str(most)]
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *words], capture_output=True, text=True, check=False, timeout=90
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    assert run(MOST_BYTES) == "report_disk 409 File too large"
    assert list(folder.iterdir()) == []
    assert run(10_000_000) == "made 1500"
    assert (folder / "file").stat().st_size > MOST_BYTES
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != MOST_BYTES
