"""The PBX's own tables, filled from the recorded scenarios as its modules fill them."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from callfloor.asterisk.history.files import CDR_CSV, CEL_CUSTOM
from support.past_records import RECORDS

CEL_COLUMNS = (
    *("eventtype", "eventtime", "cid_name", "cid_num", "cid_ani", "cid_rdnis", "cid_dnid", "exten", "context"),
    *("channame", "appname", "appdata", "amaflags", "accountcode", "uniqueid", "linkedid", "peer", "userdeftype"),
    "extra",
)
CDR_COLUMNS = (
    *("calldate", "clid", "src", "dst", "dcontext", "channel", "dstchannel", "lastapp", "lastdata", "duration"),
    *("billsec", "disposition", "amaflags", "accountcode", "uniqueid", "userfield", "did", "recordingfile"),
    *("linkedid", "peeraccount", "sequence"),
)


def cel_rows(names: list[str]) -> Iterator[tuple[str, ...]]:
    """Rows of ``cel`` in the order they were written: whole seconds."""
    told = []
    for name in names:
        path = RECORDS / f"{name}.cel"
        if path.exists():
            with path.open(encoding="utf-8", newline="") as file:
                told += [dict(zip(CEL_CUSTOM, row, strict=False)) for row in csv.reader(file) if len(row) == 20]
    for row in sorted(told, key=lambda row: row["eventtime"]):
        row["eventtime"] = row["eventtime"][:19]
        yield tuple(row[column][:512] for column in CEL_COLUMNS)


def cdr_rows(names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of ``cdr`` with FreePBX's columns: the DID and the recording that the lab's dialplan noted."""
    told = []
    for name in names:
        with (RECORDS / f"{name}.cdr").open(encoding="utf-8", newline="") as file:
            told += [dict(zip(CDR_CSV, row, strict=False)) for row in csv.reader(file) if len(row) == 21]
    for row in sorted(told, key=lambda row: row["start"]):
        words = dict(word.split(":", 1) for word in row["userfield"].split() if ":" in word)
        row |= {"calldate": row["start"], "did": words.get("DID", ""), "recordingfile": words.get("rec", "")}
        row["amaflags"] = "3"
        yield tuple(row[column] for column in CDR_COLUMNS)


_UNIQUE_ID = re.compile(r"\b(1[0-9]{9})(\.[0-9]+)\b")
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


def days_before(rows: Iterable[tuple[Any, ...]], days: int) -> Iterator[tuple[Any, ...]]:
    """The same rows of a day so long ago: their times, and all unique ids in them."""
    back = timedelta(days=days)

    def earlier(match: re.Match[str]) -> str:
        return f"{int(match[1]) - days * 86_400}{match[2]}"

    for row in rows:
        made = (_UNIQUE_ID.sub(earlier, value) if isinstance(value, str) else value for value in row)
        yield tuple(
            str(datetime.fromisoformat(value) - back) if isinstance(value, str) and _STAMP.fullmatch(value) else value
            for value in made
        )
