"""The house's rules that no other tool knows: names, sizes, who may say what, decisions' pages, dictionaries.

Each rule is a function from the files (path → text, paths as git spells them) to findings; each has a test that plants
a violation (tests/unit/test_house_rules.py). Who may import whom is import-linter's (pyproject.toml).
Run as ``python -m scripts.check_house``. Exits with 1 where a rule is broken; what calls for a look passes.
"""

import ast
import posixpath
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from scripts.dictionary_keys import keys

ROOT = Path(__file__).resolve().parent.parent
ITSELF = ("scripts/check_house.py", "tests/unit/test_house_rules.py")  # they must name what they look for
LARGEST_BYTES = 1_000_000

Files = dict[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule at one place; ``fatal`` False only calls for a look."""

    path: str
    line: int
    message: str
    fatal: bool = True

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


# --- the rules --------------------------------------------------------------------------------------------------------


def sizes(files: Files) -> Iterator[Finding]:
    """300 lines of Python and 250 of the page call for a look; 500 need a reason, ``long: why``, near the top."""
    for path, text in files.items():
        code = PurePosixPath(path).suffix in {".py", ".ts", ".svelte", ".js", ".css"}
        if not code:
            continue
        soft, length = (250 if path.startswith("frontend/") else 300), len(text.splitlines())
        reason = re.search(r"\blong: \w+", "\n".join(text.splitlines()[:15]))
        if length > 500 and not reason:
            yield Finding(path, 1, f"{length} lines; above 500 a line near the top says why: `long: …`")
        elif length > soft and not reason:
            yield Finding(path, 1, f"{length} lines; can it be read in one go?", fatal=False)


def names(files: Files) -> Iterator[Finding]:
    """A module is named after what it does, never after its being useful."""
    forbidden = {"util", "utils", "core", "common", "helper", "helpers", "service_layer", "services", "model", "models"}
    forbidden |= {"handler", "handlers", "misc", "manager", "managers"}
    for path in files:
        parts = PurePosixPath(path)
        if path.startswith(("src/", "tests/", "bench/", "scripts/", "frontend/src/")):
            for word in sorted(forbidden & {*parts.parent.parts, parts.name.split(".")[0]}):
                yield Finding(path, 1, f"no module is called {word!r}: name what it does")


def sql_in_the_store(files: Files) -> Iterator[Finding]:
    """SQL and its libraries stay in store/."""
    for path, text in python(files, "src/"):
        if not path.startswith("src/callfloor/store/"):
            for line, name in imports(text):
                if name.partition(".")[0] in {"sqlalchemy", "alembic", "psycopg", "sqlite3", "aiosqlite"}:
                    yield Finding(path, line, f"{name} belongs to store/")


def asterisks_words(files: Files) -> Iterator[Finding]:
    """Asterisk's word inside asterisk/ and simulator/, our word everywhere else."""
    words = r"\b(?:Unique[Ii]d|Linked[Ii]d|(?:Dest|Bridge|Swap|Orig|Transferer)(?:Unique|Linked)id|BridgeUniqueid"
    words += r"|ChannelState(?:Desc)?|CallerIDN(?:um|ame)|ConnectedLineN(?:um|ame)|DestCallerIDNum|ActionID|DialStatus"
    words += r"|HoldTime|Holdtime|EventList|New(?:channel|state|exten)|BridgeEnter|BridgeLeave|DialBegin|DialEnd"
    words += r"|QueueCaller(?:Join|Leave|Abandon)|AgentConnect|AgentComplete|AgentRingNoAnswer|CoreShowChannels)\b"
    for path, text in files.items():
        at_home = path.startswith(("src/callfloor/asterisk/", "src/callfloor/simulator/"))
        if path.startswith(("src/", "frontend/src/")) and not at_home:
            yield from lines_with(words, path, text, "{!r} is Asterisk's word: only asterisk/ and simulator/ say it")


def a_pure_floor(files: Files) -> Iterator[Finding]:
    """The floor has the standard library's pure part, msgspec and itself: no I/O, no clock, no chance."""
    impure = {"asyncio", "logging", "io", "os", "pathlib", "random", "secrets", "selectors", "signal", "socket", "ssl"}
    impure |= {"subprocess", "sys", "tempfile", "threading", "time", "uuid", "multiprocessing", "concurrent"}
    for path, text in python(files, "src/callfloor/floor/"):
        for line, name in imports(text):
            top = name.partition(".")[0]
            ours = name.startswith("callfloor.floor") or top in {"msgspec", "typing_extensions"}
            if not ours and (top in impure or top not in sys.stdlib_module_names):
                yield Finding(path, line, f"the floor is pure: it cannot import {name}")
        yield from lines_with(r"\bdatetime\.(?:now|utcnow|today)\(|\bdate\.today\(|\bopen\(", path, text,
                              "the floor is pure: {} reads the world")  # fmt: skip


def the_codec_stands_alone(files: Files) -> Iterator[Finding]:
    """The codec is the simulator's too, so it brings nothing of the PBX room with it."""
    codec = ("src/callfloor/asterisk/ami.py", "src/callfloor/asterisk/message.py")
    its_own = ("callfloor.errors", "callfloor.asterisk.message")
    for path, text in python(files, *codec):
        for line, name in imports(text):
            if name.startswith("callfloor.") and not name.startswith(its_own):
                yield Finding(path, line, f"the codec imports nothing of Callfloor's but errors, so not {name}")


def no_sleeping_in_tests(files: Files) -> Iterator[Finding]:
    """A test waits for what it waits for. Only the phones keep a tempo, and only virtual time passes for free."""
    allowed = ("tests/support/pbx/", "tests/support/virtual_time.py", "tests/unit/test_virtual_time.py")
    for path, text in python(files, "tests/"):
        if path.startswith(allowed):
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            yields = name == "asyncio.sleep" and [ast.unparse(value) for value in node.args] == ["0"]
            if name.endswith((".wait_for_timeout", "time.sleep", "asyncio.sleep")) and not yields:
                yield Finding(path, node.lineno, f"{name} in a test: wait for a condition, or use virtual time")
    for path, text in files.items():
        if path.startswith("frontend/test"):
            yield from lines_with(
                r"waitForTimeout|setTimeout\(resolve", path, text, "{} in a test: wait for a condition"
            )


def nothing_skipped(files: Files) -> Iterator[Finding]:
    """A test runs or fails; a check that is silenced names the rule it silences."""
    for path, text in files.items():
        if path in ITSELF:
            continue
        if path.startswith("tests/"):
            words = r"pytest\.skip\(|mark\.skip|mark\.xfail|importorskip|pytest\.xfail\("
            yield from lines_with(words, path, text, "{}: a test runs or fails")
        if path.startswith("frontend/"):
            words = (
                r"\b(?:it|test|describe)\.(?:skip|only|todo)\b|@ts-ignore|@ts-nocheck|eslint-disable(?!-next-line \S)"
            )
            yield from lines_with(words, path, text, "{}: a check runs or fails")
        if path.endswith(".py"):
            words = r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:\s*[A-Z])|#\s*(?:mypy|ruff):\s*(?:ignore|noqa)"
            yield from lines_with(words, path, text, "{}: name the rule that is silenced")


def nothing_left_open(files: Files) -> Iterator[Finding]:
    """What is to be done is done, or is an issue; the code holds no promises."""
    for path, text in files.items():
        if path not in ITSELF and not path.endswith((".lock", "package-lock.json")):
            yield from lines_with(r"\b(?:TODO|FIXME|XXX|HACK)\b", path, text, "{} in a file: do it, or open an issue")


def no_place_of_ours(files: Files) -> Iterator[Finding]:
    """The project needs nothing beside itself, and names no machine, person's folder or package mirror."""
    for path, text in files.items():
        if path in ITSELF:
            continue
        words = r"(?<![\w.])/(?:work|root|home/\w+)/\w|\.\./shared\b|\bshared/(?:lab|captures|seeds)\b"
        yield from lines_with(words, path, text, "{!r} is a place of one machine")
        if path.endswith((".lock", "package-lock.json")):
            yield from lines_with(r"https?://(?!.*\"(?:url|funding)\")[^\s\"]+/[^\s\"]*\.(?:whl|tgz|gz)|--(?:extra-)?index-url|\"resolved\"",
                                  path, text, "{!r}: a lock names no server")  # fmt: skip


def decisions(files: Files) -> Iterator[Finding]:
    """Each decision page has the template's sections and its own number, and the index leads to it."""
    home = "docs/decisions/"
    seen: dict[str, str] = {}
    index = files.get(home + "README.md", "")
    for path, text in files.items():
        name = path.removeprefix(home)
        if not path.startswith(home) or name in {"README.md", "template.md"}:
            continue
        title = re.fullmatch(r"(\d{4})-[a-z0-9-]+\.md", name)
        if not title:
            yield Finding(path, 1, "a decision's file is called NNNN-a-few-words.md")
            continue
        if (other := seen.setdefault(title[1], path)) != path:
            yield Finding(path, 1, f"{other} has this number already")
        if not re.match(rf"# {title[1]} · \S", text):
            yield Finding(path, 1, f"the first line is `# {title[1]} · The decision in a line`")
        for section in ("Context", "Decision", "Consequences", "Alternatives", "Enforcement"):
            if not re.search(rf"^## {section}\n+\S", text, re.MULTILINE):
                yield Finding(path, 1, f"the section {section!r} is missing or empty")
        if f"({name})" not in index:
            yield Finding(path, 1, "docs/decisions/README.md does not list it")


def links(files: Files) -> Iterator[Finding]:
    """A link from one page to another file leads somewhere."""
    folders = {str(parent) for path in files for parent in PurePosixPath(path).parents}
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for target in re.findall(r"\]\(([^)#\s]+)", line):
                if "://" in target or target.startswith("mailto:"):
                    continue
                place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
                if place not in files and place not in folders:
                    yield Finding(path, number, f"the link to {target} leads nowhere")


def dictionaries(files: Files) -> Iterator[Finding]:
    """The page says everything in all four languages."""
    of = {
        PurePosixPath(path).stem: (path, keys(text))
        for path, text in files.items()
        if re.fullmatch(r"frontend/src/i18n/(?:\w+/)?(?:en|ru|pl|uk)\.(?:ts|json)", path)
    }
    if not of:
        return
    everything = set[str]().union(*(found for _, found in of.values()))
    for language in ("en", "ru", "pl", "uk"):
        if language not in of:
            yield Finding("frontend/src/i18n", 1, f"the dictionary {language!r} is missing")
            continue
        path, found = of[language]
        for key in sorted(everything - found):
            yield Finding(path, 1, f"{key!r} is not said in {language!r}")
        if not found:
            yield Finding(path, 1, "no keys could be read")


RULES: tuple[Callable[[Files], Iterator[Finding]], ...] = (
    sizes,
    names,
    sql_in_the_store,
    asterisks_words,
    a_pure_floor,
    the_codec_stands_alone,
    no_sleeping_in_tests,
    nothing_skipped,
    nothing_left_open,
    no_place_of_ours,
    decisions,
    links,
    dictionaries,
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
