"""What a rule of the house works on and gives: files, and findings in them."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from typing_extensions import override

Files = dict[str, str]
"""Path, as git spells it, to text."""

ITSELF = ("scripts/house_code.py", "tests/unit/test_house_rules.py")
"""Where the forbidden words must be named."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place; ``fatal`` False only calls for a look."""

    path: str
    line: int
    message: str
    fatal: bool = True

    @override
    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def lines_with(pattern: str, path: str, text: str, message: str) -> Iterator[Finding]:
    """A finding for each line that has the pattern; ``{}`` in the message is what was found."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.search(pattern, line):
            yield Finding(path, number, message.format(found.group()))


def python(files: Files, *folders: str) -> Iterator[tuple[str, str]]:
    """The Python files below the folders."""
    return ((path, text) for path, text in files.items() if path.endswith(".py") and path.startswith(folders))


def imports(text: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that a Python file imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)
