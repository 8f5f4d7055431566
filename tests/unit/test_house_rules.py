"""Each rule of the house finds the violation that is planted here, and lets its neighbour pass."""

from collections.abc import Callable, Iterator

import pytest

from scripts.check_house import RULES, read
from scripts.dictionary_keys import keys
from scripts.house_code import (
    a_pure_floor,
    asterisks_words,
    names,
    no_place_of_ours,
    no_sleeping_in_tests,
    nothing_left_open,
    nothing_skipped,
    quiet_logs,
    sizes,
    sql_in_the_store,
    the_codec_stands_alone,
)
from scripts.house_findings import Files, Finding
from scripts.house_pages import decisions, dictionaries, links, settings, story_words

Rule = Callable[[Files], Iterator[Finding]]
FLOOR, CODEC, STORE = "src/callfloor/floor/floor.py", "src/callfloor/asterisk/ami.py", "src/callfloor/store/calls.py"
TEST, PAGE, LOCK = "tests/unit/test_calls.py", "frontend/src/screens/calls/Calls.svelte", "requirements/run.lock"
DECISION = "docs/decisions/0042-a-few-words.md"
GOOD_DECISION = "# 0042 · A line\n" + "".join(
    f"\n## {section}\n\nWords.\n" for section in ("Context", "Decision", "Consequences", "Alternatives", "Enforcement")
)
INDEX = {"docs/decisions/README.md": "- [0042](0042-a-few-words.md)"}
LANGUAGES = ("en", "ru", "pl", "uk")

PLANTED: list[tuple[Rule, str, str]] = [
    (sizes, FLOOR, "x = 1\n" * 501),
    (sizes, PAGE, "<p></p>\n" * 501),
    (names, "src/callfloor/web/utils.py", ""),
    (names, "src/callfloor/web/helpers/dates.py", ""),
    (names, "frontend/src/ui/common.ts", ""),
    (names, "tests/support/models.py", ""),
    (sql_in_the_store, "src/callfloor/web/calls.py", "from sqlalchemy import select"),
    (sql_in_the_store, "src/callfloor/service.py", "def f():\n    import sqlite3"),
    (asterisks_words, FLOOR, 'leg = message.get("Uniqueid")'),
    (asterisks_words, FLOOR, "# comes with DialEnd"),
    (asterisks_words, PAGE, "row.Linkedid"),
    (asterisks_words, "src/callfloor/web/calls.py", '"ChannelStateDesc"'),
    (asterisks_words, "src/callfloor/store/calls.py", '"BridgeUniqueid"'),
    (a_pure_floor, FLOOR, "import time"),
    (a_pure_floor, FLOOR, "from asyncio import Queue"),
    (a_pure_floor, FLOOR, "import logging"),
    (a_pure_floor, FLOOR, "import phonenumbers"),
    (a_pure_floor, FLOOR, "import datetime\nnow = datetime.datetime.now(datetime.UTC)"),
    (the_codec_stands_alone, CODEC, "from callfloor.floor.calls import LiveCall"),
    (the_codec_stands_alone, CODEC, "import callfloor.asterisk.connection"),
    (the_codec_stands_alone, CODEC.replace("ami", "message"), "from callfloor.asterisk.links import Links"),
    (quiet_logs, "src/callfloor/web/api.py", "logger.info('call %s', call.id)"),
    (quiet_logs, "src/callfloor/web/api.py", "logger.info(f'call {call.id}')"),
    (quiet_logs, "src/callfloor/web/api.py", "logger.info('call', extra={'client_number': number})"),
    (quiet_logs, "src/callfloor/web/api.py", "logger.info('link', extra={'name': link.name})"),
    (quiet_logs, "src/callfloor/web/api.py", "log.log(level, text)"),
    (no_sleeping_in_tests, TEST, "import time\ntime.sleep(0.1)"),
    (no_sleeping_in_tests, TEST, "async def test():\n    await asyncio.sleep(0.1)"),
    (no_sleeping_in_tests, "tests/browser/test_calls.py", "page.wait_for_timeout(500)"),
    (no_sleeping_in_tests, "tests/support/servers.py", "time.sleep(1)"),
    (no_sleeping_in_tests, "frontend/test/calls.test.ts", "await new Promise((resolve) => setTimeout(resolve, 10))"),
    (nothing_skipped, TEST, "@pytest.mark.skipif(True, reason='')"),
    (nothing_skipped, TEST, "pytest.skip('no PBX')"),
    (nothing_skipped, TEST, "pytest.importorskip('x')"),
    (nothing_skipped, FLOOR, "x = y  # type: ignore"),
    (nothing_skipped, FLOOR, "x = y  # noqa"),
    (nothing_skipped, FLOOR, "# ruff: noqa: E501"),
    (nothing_skipped, "frontend/test/calls.test.ts", "it.only('x', () => {})"),
    (nothing_skipped, PAGE, "// @ts-ignore"),
    (nothing_skipped, PAGE, "/* eslint-disable */"),
    (nothing_left_open, FLOOR, "# TODO: later"),
    (nothing_left_open, "docs/testing.md", "FIXME"),
    (no_place_of_ours, "docs/testing.md", "see ../shared/lab"),
    (no_place_of_ours, "scripts/setup.py", 'HERE = "/work/main"'),
    (no_place_of_ours, "bench/RESULTS.md", "in /home/somebody/callfloor"),
    (no_place_of_ours, LOCK, "--index-url https://mirror.example/simple"),
    (no_place_of_ours, "frontend/package-lock.json", '"resolved": "https://mirror.example/a/-/a-1.0.0.tgz",'),
    (decisions, DECISION, GOOD_DECISION.replace("## Alternatives", "## Options")),
    (decisions, DECISION, GOOD_DECISION.replace("## Enforcement\n\nWords.", "## Enforcement\n")),
    (decisions, DECISION, GOOD_DECISION.replace("0042", "0041")),
    (decisions, "docs/decisions/thoughts.md", GOOD_DECISION),
    (links, "docs/testing.md", "see [the glossary](glossry.md)"),
    (settings, "README.md", "| `CALLFLOOR_COLOUR` | `red` | of the door |"),
    (settings, "src/callfloor/config.py", 'environment.get("CALLFLOOR_COLOUR")'),
    (story_words, "docs/metrics.md", "# Measures\n\n## Story\n\n| `teleported` | by magic |\n"),
    (dictionaries, "frontend/src/i18n/en.ts", "export const en = {\n  calls: 'Calls',\n}\n"),
]
"""A rule, a path and a text: each alone breaks the rule."""

FINE: list[tuple[Rule, str, str]] = [
    (sizes, FLOOR, "# long: one table of every case\n" + "x = 1\n" * 600),
    (sizes, "requirements/run.lock", "x\n" * 4000),
    (names, "src/callfloor/web/access.py", ""),
    (names, "frontend/node_modules/x/utils.js", ""),
    (sql_in_the_store, STORE, "import sqlalchemy as sa"),
    (asterisks_words, CODEC, 'message.get("Uniqueid")'),
    (asterisks_words, "src/callfloor/simulator/calls.py", '"Linkedid"'),
    (asterisks_words, FLOOR, "the channel's link, dialled at the end"),
    (a_pure_floor, FLOOR, "import msgspec\nimport heapq\nfrom callfloor.floor.calls import LiveCall"),
    (a_pure_floor, "src/callfloor/web/clock.py", "import time"),
    (the_codec_stands_alone, CODEC, "import re\nfrom callfloor.errors import AmiProtocolError"),
    (the_codec_stands_alone, CODEC, "from callfloor.asterisk.message import Message"),
    (no_sleeping_in_tests, TEST, "async def test():\n    await asyncio.sleep(0)"),
    (no_sleeping_in_tests, "tests/support/pbx/phone.py", "async def talk():\n    await asyncio.sleep(0.02)"),
    (no_sleeping_in_tests, "src/callfloor/service.py", "async def f():\n    await asyncio.sleep(1)"),
    (quiet_logs, "src/callfloor/web/api.py", "logger.info('The link is up', extra={'link': link.id})\nmath.log(x, 2)"),
    (nothing_skipped, FLOOR, "x = y  # type: ignore[assignment]  # msgspec sets it\nz = 1  # noqa: S311 - no secret"),
    (nothing_skipped, PAGE, "// eslint-disable-next-line svelte/no-at-html-tags"),
    (nothing_left_open, FLOOR, "# everything is done; hacksaw"),
    (no_place_of_ours, "docs/testing.md", "wget https://example.com/work/list"),
    (no_place_of_ours, LOCK, "msgspec==0.20.0 \\\n    --hash=sha256:abc"),
    (no_place_of_ours, "frontend/package-lock.json", '"url": "https://opencollective.com/x"'),
    (links, "docs/testing.md", "see [PEP 8](https://peps.python.org/pep-0008/) and [below](#below)"),
]


def broken(rule: Rule, files: Files) -> list[Finding]:
    return [finding for finding in rule(files) if finding.fatal]


@pytest.mark.parametrize(
    ("rule", "path", "text"), PLANTED, ids=[f"{r.__name__}-{p}-{i}" for i, (r, p, _) in enumerate(PLANTED)]
)
def test_a_planted_violation_is_found(rule: Rule, path: str, text: str) -> None:
    files = {path: text} | (INDEX if rule is decisions else {})
    found = broken(rule, files)
    assert found
    assert found[0].path in {path, "frontend/src/i18n", "README.md"}


@pytest.mark.parametrize(
    ("rule", "path", "text"), FINE, ids=[f"{r.__name__}-{p}-{i}" for i, (r, p, _) in enumerate(FINE)]
)
def test_its_neighbour_passes(rule: Rule, path: str, text: str) -> None:
    assert broken(rule, {path: text}) == []


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(RULES)


def test_a_finding_says_where() -> None:
    (found,) = broken(nothing_left_open, {FLOOR: "fine\n# TODO\n"})
    assert str(found).startswith(f"{FLOOR}:2: TODO")


def test_a_long_file_calls_for_a_look_before_it_fails() -> None:
    (found,) = sizes({FLOOR: "x = 1\n" * 301})
    assert not found.fatal


def test_a_decision_with_all_its_sections_passes() -> None:
    assert broken(decisions, {DECISION: GOOD_DECISION, **INDEX}) == []


def test_a_decision_must_be_listed_and_its_number_its_own() -> None:
    again = DECISION.replace("few", "lot-of")
    found = broken(decisions, {DECISION: GOOD_DECISION, again: GOOD_DECISION, **INDEX})
    assert {finding.path for finding in found} == {again}
    assert {"has this number already" in str(finding) or "does not list it" in str(finding) for finding in found} == {
        True
    }
    assert len(found) == 2


def test_a_link_to_a_file_or_a_folder_leads_somewhere() -> None:
    files = {"docs/testing.md": "[a](glossary.md) [b](../bench) [c](decisions/)", "docs/glossary.md": ""}
    assert broken(links, {**files, "bench/codec.py": "", "docs/decisions/README.md": ""}) == []


DICTIONARY = """import type { Forms } from './plural'

const minutes: Forms = { one: '{n} minute', other: '{n} minutes' }

export const en = {
  // a comment: not a key
  calls: 'Calls: all of them',
  'row.copy': 'Copy',
  counters: {
    waiting: 'Waiting',
    deep: {
      talking: 'Talking',
    },
    after: (n: number) => `${n} after`,
  },
  last: {one: '{n} call', other: '{n} calls'},
  amount: { seconds, minutes },
  role: { analyst: 'Analyst, or: not', 'team.lead': "It's {name}" },
} as const
"""


def test_the_keys_of_a_typescript_dictionary() -> None:
    counters = {"counters", "counters.waiting", "counters.deep", "counters.deep.talking", "counters.after"}
    inline = {"amount", "amount.seconds", "amount.minutes", "role", "role.analyst", "role.team.lead"}
    assert keys(DICTIONARY) == {"calls", "row.copy", "last", *counters, *inline}


def test_plural_forms_differ_by_language_and_are_not_keys() -> None:
    assert keys("const pl = { calls: { one: 'a', few: 'b', many: 'c', other: 'd' } }") == {"calls"}


def test_the_keys_of_a_json_dictionary() -> None:
    assert keys('{"calls": "Calls", "counters": {"waiting": "Waiting"}}') == {"calls", "counters", "counters.waiting"}


def test_dictionaries_with_the_same_keys_pass() -> None:
    files = {f"frontend/src/i18n/{language}.ts": DICTIONARY for language in LANGUAGES}
    assert broken(dictionaries, files) == []


def test_a_key_that_one_language_lacks_is_named() -> None:
    files = {f"frontend/src/i18n/{language}.ts": DICTIONARY for language in LANGUAGES}
    files["frontend/src/i18n/pl.ts"] = DICTIONARY.replace("      talking: 'Talking',\n", "")
    (found,) = broken(dictionaries, files)
    assert (found.path, "counters.deep.talking" in found.message) == ("frontend/src/i18n/pl.ts", True)


def test_the_house_is_read_as_git_sees_it() -> None:
    files, _ = read()
    assert "pyproject.toml" in files
    assert not any(path.startswith((".venv/", "frontend/node_modules/")) for path in files)


def test_a_story_step_that_the_page_cannot_say_is_found() -> None:
    files = {
        "docs/metrics.md": "| `not_a_step` |\n## Story\n| `arrived` | a |\n| `parked` | b |\n",
        FLOOR: 'call.tell(at, "arrived")\ncall.tell(at, "parked")',
        "frontend/src/i18n/story.ts": "export const STORY_STEPS = [\n  'arrived',\n  'left',\n] as const",
    }
    assert [str(finding).partition(" is a story step")[0] for finding in broken(story_words, files)] == [
        "frontend/src/i18n/story.ts:1: 'left'",
        "frontend/src/i18n/story.ts:1: 'parked'",
    ]
