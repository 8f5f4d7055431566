"""What the phones and the operator really did, as it happened: ``truth.jsonl`` of a capture."""

import json
import time
from pathlib import Path
from typing import Any


class Truth:
    """A list of lines, each with ``t`` (epoch seconds), ``phone`` (None is the operator), ``what`` and details.

    A phone's line about one of its legs has ``dir`` (``in``, ``out``), ``peer`` and ``sip_call_id``.
    """

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def note(self, phone: str | None, what: str, **details: Any) -> None:
        self.lines.append({"t": round(time.time(), 6), "phone": phone, "what": what, **details})

    def mark(self, what: str, **details: Any) -> None:
        """Something the operator did."""
        self.note(None, what, **details)

    def write(self, file: Path) -> None:
        file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in self.lines))
