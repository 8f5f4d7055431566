"""The house's rules that no other tool knows: names, sizes, who may say what, decisions' pages, dictionaries.

Each rule is a function from the files to findings, in ``house_code`` and ``house_pages``; each has a test that plants a
violation (tests/unit/test_house_rules.py). Who may import whom is import-linter's (pyproject.toml).
Run as ``python -m scripts.check_house``. Exits with 1 where a rule is broken; what calls for a look passes.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts import house_code, house_pages
from scripts.house_findings import Files, Finding

ROOT = Path(__file__).resolve().parent.parent
LARGEST_BYTES = 1_000_000

RULES: tuple[Callable[[Files], Iterator[Finding]], ...] = (
    house_code.sizes,
    house_code.names,
    house_code.sql_in_the_store,
    house_code.asterisks_words,
    house_code.a_pure_floor,
    house_code.the_codec_stands_alone,
    house_code.quiet_logs,
    house_code.no_sleeping_in_tests,
    house_code.nothing_skipped,
    house_code.nothing_left_open,
    house_code.no_place_of_ours,
    house_pages.decisions,
    house_pages.links,
    house_pages.dictionaries,
    house_pages.story_words,
    house_pages.settings,
)


def read() -> tuple[Files, list[Finding]]:
    """Every file that git tracks or would track, and a finding for each that is too large. Binary files are empty."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    files: Files = {}
    found: list[Finding] = []
    for path in sorted(filter(None, listing.stdout.decode().split("\0"))):
        if not (ROOT / path).is_file():
            continue  # deleted, and not yet committed
        content = (ROOT / path).read_bytes()
        if len(content) > LARGEST_BYTES:
            found.append(Finding(path, 1, f"{len(content) / 1e6:.1f} MB: too large to keep in git"))
        try:
            files[path] = "" if b"\0" in content else content.decode()
        except UnicodeDecodeError:
            files[path] = ""
    return files, found


def main() -> None:
    """Prints what is found."""
    files, found = read()
    for rule in RULES:
        found += rule(files)
    for finding in sorted(found, key=lambda finding: (finding.fatal, finding.path, finding.line)):
        print(f"{'' if finding.fatal else 'look: '}{finding}")
    broken = sum(finding.fatal for finding in found)
    print(f"house: {len(RULES) + 1} rules over {len(files)} files, {broken} broken")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
