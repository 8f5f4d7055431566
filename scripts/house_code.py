"""The house's rules for code: sizes, names, who may say what, nothing skipped and nothing left open."""

import ast
import logging
import re
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

from scripts.house_findings import ITSELF, Files, Finding, imports, lines_with, python

CODE = {".py", ".ts", ".svelte", ".js", ".css"}


def sizes(files: Files) -> Iterator[Finding]:
    """300 lines of Python and 250 of the page call for a look; 500 need a reason, ``long: why``, near the top."""
    for path, text in files.items():
        if PurePosixPath(path).suffix not in CODE:
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
    forbidden |= {"handler", "handlers", "misc"}
    for path in files:
        parts = PurePosixPath(path)
        if parts.suffix in CODE and path.startswith(("src/", "tests/", "bench/", "scripts/", "frontend/src/")):
            for word in sorted(forbidden & {*parts.parent.parts, parts.name.split(".")[0]}):
                yield Finding(path, 1, f"no module is called {word!r}: name what it does")


THE_PBXS_OWN_TABLES = "src/callfloor/asterisk/history/servers.py"
"""Reads, and never writes, what the PBX keeps in a database of its own (decision 0124)."""


def sql_in_the_store(files: Files) -> Iterator[Finding]:
    """SQL and its libraries stay in store/."""
    for path, text in python(files, "src/"):
        if not path.startswith("src/callfloor/store/") and path != THE_PBXS_OWN_TABLES:
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


def quiet_logs(files: Files) -> Iterator[Finding]:
    """A log message is constant text and its values are fields, none of them personal or a name of logging's own."""
    levels = {"debug", "info", "warning", "error", "exception", "critical", "log"}
    secret = {"password", "secret", "token", "number", "client_number", "client_e164", "caller", "login", "body", "raw"}
    taken = set(vars(logging.makeLogRecord({}))) | {"message", "asctime"}  # logging raises KeyError for these
    for path, text in python(files, "src/"):
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in levels):
                continue
            if ast.unparse(node.func.value) not in {"log", "logger", "_log", "_logger", "logging", "self._log"}:
                continue
            message = node.args[1:] if node.func.attr == "log" else node.args
            if len(message) != 1 or not isinstance(message[0], ast.Constant):
                yield Finding(path, node.lineno, "a log message is one constant text; values go into `extra`")
            for keyword in node.keywords:
                fields = keyword.value.keys if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict) else []
                for field in sorted(str(key.value) for key in fields if isinstance(key, ast.Constant)):
                    if field in secret:
                        yield Finding(path, node.lineno, f"the field {field!r} would log what is personal or secret")
                    if field in taken:
                        yield Finding(path, node.lineno, f"the field {field!r} is logging's own: it raises KeyError")


def no_sleeping_in_tests(files: Files) -> Iterator[Finding]:
    """A test waits for what it waits for. Only the phones keep a tempo, and only virtual time passes for free."""
    allowed = (
        "tests/support/pbx/",
        "tests/support/virtual_time.py",
        "tests/support/waiting.py",
        "tests/unit/test_virtual_time.py",
    )
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
