"""How a MySQL or MariaDB server is reached: encrypted wherever it offers that, and never otherwise where it is asked.

In an address: ``?tls=required`` refuses a server that does not encrypt, and whoever pretends that it does not;
``?ca=/path`` checks its certificate and its name, too. Without either it is encrypted if the server offers to, and any
certificate will do (PyMySQL's own default, the *PREFERRED* of MySQL's clients).
"""

from typing import Any, Final
from urllib.parse import parse_qs

REQUIRED: Final = "required"
NO_FILES: Final = frozenset({"", f"tls={REQUIRED}", "sslmode=require"})
"""What may stand behind the ``?`` of an address from the page: nothing that names a file of this machine."""


def tls_options(query: str) -> dict[str, Any]:
    """What ``pymysql.connect`` is given for the query of an address.

    Raises:
        ValueError: ``tls`` is another word.
    """
    asked = parse_qs(query)
    tls, ca = (next(iter(asked.get(name, ())), None) for name in ("tls", "ca"))
    if ca is not None:
        return {"ssl_ca": ca, "ssl_verify_cert": True, "ssl_verify_identity": True}
    if tls is None:
        return {}
    if tls != REQUIRED:
        raise ValueError(f"tls is {REQUIRED}, or left out")
    return {"ssl": {"check_hostname": False}}  # PyMySQL takes any such word as: encrypted, or not at all
