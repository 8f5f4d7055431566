"""FreePBX's people without its tables: the keys that it keeps in Asterisk's own database, asked for by AMI.

``AMPUSER/<ext>/cidname`` is the name, ``AMPUSER/<ext>/device`` the devices, joined by ``&`` (FreePBX core,
``functions.inc.php``). Asked for by the key's last word (``database showkey``): one row for each extension, where
``database show AMPUSER`` has some thirty. Needs the manager user's write class ``command``.
"""

import re
from collections.abc import Iterable, Iterator

from callfloor.asterisk.connection import Connection
from callfloor.errors import AmiActionFailedError
from callfloor.floor.found import FoundEmployee

_ROW = re.compile(r"/AMPUSER/([^/\s]{1,40})/(cidname|device)\s*: ?(.*)")
MOST_TEXT = 200


async def keyed(connection: Connection) -> tuple[FoundEmployee, ...] | None:
    """FreePBX's people; none where it is no FreePBX, None where nobody may ask.

    Raises:
        AmiDisconnectedError, AmiTimeoutError: the link broke meanwhile.
    """
    lines: list[str] = []
    for key in ("cidname", "device"):
        try:
            answer = await connection.action("Command", {"Command": f"database showkey {key}"})
        except AmiActionFailedError:
            return None
        lines += answer.getlist("Output")
    return tuple(people_in(lines))


def people_in(lines: Iterable[str]) -> Iterator[FoundEmployee]:
    """The people of those rows."""
    names: dict[str, str] = {}
    devices: dict[str, list[str]] = {}
    for line in lines:
        found = _ROW.match(line.strip())
        if found is None:
            continue
        extension, key, value = found[1], found[2], found[3].strip()[:MOST_TEXT]
        if key == "cidname":
            names[extension] = value
        elif value:
            devices[extension] = [one for one in value.split("&") if one]
    for extension in sorted(names.keys() | devices.keys()):
        name = names.get(extension)
        yield FoundEmployee(
            key=extension,
            accounts=tuple(dict.fromkeys([extension, *devices.get(extension, ())])),
            name=name if name not in ("", extension) else None,
            source="astdb",
        )
