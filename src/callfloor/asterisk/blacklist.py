"""FreePBX's blacklist: whose calls the PBX itself turns away.

Its blacklist module keeps a key for each number in the Asterisk database's family ``blacklist``, the description as its
value; beside the numbers the family has words of the module's own (``blocked``, ``dest``, ``conditions``). A plain
Asterisk that looks at ``BLACKLIST()`` has the same family. ``database show`` is asked, as for do-not-disturb: the
action ``DBGetTree`` came only with Asterisk 18.
"""

import re
from typing import Final

from callfloor.asterisk.connection import Connection
from callfloor.errors import AmiActionFailedError

_ROW: Final = re.compile(r"/blacklist/(\+?[0-9]{2,32})\s*:.*")
"""``/blacklist/79161234567                     : Spam``; what is no number is a word of the module's."""


async def read_blacklist(connection: Connection) -> frozenset[str] | None:
    """The numbers, as somebody typed them there; None where the manager user may not ask.

    Raises:
        AmiDisconnectedError, AmiTimeoutError: the link is down, or broke meanwhile.
    """
    try:
        answer = await connection.action("Command", {"Command": "database show blacklist"})
    except AmiActionFailedError:
        return None
    found = (_ROW.fullmatch(line.strip()) for line in answer.getlist("Output"))
    return frozenset(row[1] for row in found if row is not None)
