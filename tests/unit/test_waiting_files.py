"""What lies beside a spill file goes when it is old, and nothing of a client who is taken out stays in it."""

import os
from pathlib import Path

from callfloor.project.waiting_files import forget, sweep

CLIENT = "+48600100207"


def test_what_is_old_goes_and_the_spill_itself_stays(tmp_path: Path) -> None:
    old = [
        tmp_path / name for name in ("calls-1.spill.refused", "faxes-1.spill.damaged", "calls-1.spill.refused.taken")
    ]
    kept = [tmp_path / name for name in ("calls-1.spill", "calls-11.spill.refused", "statuses-1.spill.damaged")]
    for path in (*old, *kept):
        path.write_bytes(b"x")
        os.utime(path, (100.0, 100.0))
    os.utime(kept[2], (900.0, 900.0))
    assert sweep(tmp_path, 1, before=500.0) == len(old)
    assert sorted(tmp_path.iterdir()) == sorted(kept), "another project's, what waits, and what is new"
    assert sweep(tmp_path, 1, before=500.0) == 0


def test_a_client_is_in_none_of_them_and_the_others_stay(tmp_path: Path) -> None:
    refused, theirs = tmp_path / "calls-1.spill.refused", tmp_path / "calls-2.spill.refused"
    for path in (refused, theirs):
        path.write_bytes(b'{"row":"0048600100207"}\n{"row":"511222333"}\n{"row":"600100207"}\n')
    left_by_a_kill = tmp_path / "statuses-1.spill.damaged"
    left_by_a_kill.write_bytes(b"CFR1")
    assert forget(tmp_path, 1, CLIENT) == 3
    assert refused.read_bytes() == b'{"row":"511222333"}\n'
    assert refused.stat().st_mode & 0o077 == 0, "for nobody else to read"
    assert b"600100207" in theirs.read_bytes()
    assert sorted(tmp_path.iterdir()) == sorted((refused, theirs))
    assert forget(tmp_path, 1, CLIENT) == 0
