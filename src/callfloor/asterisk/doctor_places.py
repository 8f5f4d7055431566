"""Where a PBX keeps its records, as far as it tells: files below its folder of logs, tables, or nowhere.

A module that writes records is loaded only where it is set up (``cel_custom.so`` and the others decline to load without
their settings), so that which are loaded says where the records go.
"""

from typing import Final, Protocol

from callfloor.asterisk.doctor_found import Places
from callfloor.asterisk.doctor_records import is_no

LOGS: Final = "/var/log/asterisk"
FILES: Final = {
    "cel_custom": "cel-custom/Master.csv",
    "cdr_csv": "cdr-csv/Master.csv",
    "cdr_custom": "cdr-custom/Master.csv",
}
TABLES: Final = {
    "cel_odbc": "cel",
    "cel_pgsql": "cel",
    "cdr_adaptive_odbc": "cdr",
    "cdr_odbc": "cdr",
    "cdr_pgsql": "cdr",
}
QUEUE_LOG: Final = "queue_log"


class Asks(Protocol):
    """The doctor: None where this user may not ask."""

    async def has(self, module: str) -> bool | None:
        """Whether a module is loaded."""

    async def section(self, file: str, category: str) -> dict[str, list[str]] | None:
        """The settings of a section."""


async def places(doctor: Asks) -> Places | None:
    """Where the records go; None: this user may not ask."""
    loaded = {module: await doctor.has(module) for module in (*FILES, *TABLES)}
    if any(there is None for there in loaded.values()):
        return None
    folders = await doctor.section("asterisk.conf", "directories") or {}
    files = [name for module, name in FILES.items() if loaded[module]]
    tables = [kind for module, kind in TABLES.items() if loaded[module]]
    general = await doctor.section("logger.conf", "general") or {}
    if not is_no(general.get("queue_log", ["yes"])[-1]):
        realtime = await doctor.section("extconfig.conf", "settings") or {}
        (tables if realtime.get("queue_log") else files).append(QUEUE_LOG)
    return Places(
        folder=next(iter(folders.get("astlogdir", ())), LOGS),
        files=tuple(files),
        tables=tuple(dict.fromkeys(tables)),
        postgresql=bool(loaded["cel_pgsql"] or loaded["cdr_pgsql"]),
    )
