"""The house's rules for pages and words: decisions, links, the four dictionaries, the steps of a call's story."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scripts.dictionary_keys import keys
from scripts.house_findings import Files, Finding, python


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


def story_words(files: Files) -> Iterator[Finding]:
    """The steps of a call's story are the same in the floor, on the documented page, and in the page's dictionaries."""
    documented, page = "docs/metrics.md", "frontend/src/i18n/story.ts"
    if documented not in files:
        return
    words = set(re.findall(r"^\| `(\w+)` \|", files[documented].partition("\n## Story\n")[2], re.MULTILINE))
    floor = "\n".join(text for _, text in python(files, "src/callfloor/floor/"))
    for word in sorted(word for word in words if f'"{word}"' not in floor):
        yield Finding(documented, 1, f"the floor tells no story step {word!r}")
    listed = re.search(r"STORY_STEPS = \[(.*?)\]", files.get(page, ""), re.DOTALL)
    if listed:
        for word in sorted(words ^ set(re.findall(r"'(\w+)'", listed[1]))):
            yield Finding(page, 1, f"{word!r} is a story step in only one of {documented} and {page}")


def settings(files: Files) -> Iterator[Finding]:
    """Every setting that the program reads is in the README's table, and no other."""
    read = set(re.findall(r"\bCALLFLOOR_[A-Z_]+", files.get("src/callfloor/config.py", "")))
    told = set(re.findall(r"^\| `(CALLFLOOR_[A-Z_]+)` \|", files.get("README.md", ""), re.MULTILINE))
    for name in sorted(read ^ told):
        yield Finding("README.md", 1, f"{name} is in only one of src/callfloor/config.py and the README's settings")
