"""The agreement as a soak prints it."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from support.soak.agreement import Tally


def table(tallies: Sequence[Tally]) -> Table:
    """The agreement, as it is printed."""
    made = Table(title="Agreement", box=None, header_style="bold", title_justify="left")
    for head in (
        "PBX",
        "compared",
        "whole",
        "repaired",
        "partial",
        "cut",
        "unseen",
        "missing",
        "invented",
        "wrong",
        "in which field",
    ):
        made.add_column(head, justify="left" if head in {"PBX", "in which field"} else "right")
    for one in tallies:
        fields = ", ".join(f"{name} {times}" for name, times in one.wrong.most_common()) or "—"
        rows = (one.compared, one.whole, one.repaired, one.partial, one.cut, one.unseen)
        made.add_row(one.name, *map(str, (*rows, len(one.missing), len(one.invented), sum(one.wrong.values()))), fields)
    return made


def show(tallies: Sequence[Tally], console: Console) -> None:
    """The table, what partial rows do not know, and examples of what is wrong."""
    console.print(table(tallies))
    for one in tallies:
        if one.unknown:
            fields = ", ".join(f"{name} {times}" for name, times in one.unknown.most_common())
            console.print(f"{one.name}: unknown in rows that say so: {fields}")
        for line in (*one.missing[:20], *one.invented[:20], *one.examples[:40]):
            console.print(f"  {one.name}: {line}", highlight=False, soft_wrap=True)
