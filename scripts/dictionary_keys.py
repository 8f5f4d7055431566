"""The keys of a dictionary of the page, read from its TypeScript or JSON text without a compiler."""

import re

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`)"""
    r"""|(?P<word>[\w$.]+)"""
    r"""|(?P<mark>.)""",
    re.DOTALL,
)
PLURAL_FORMS = {"zero", "one", "two", "few", "many", "other"}  # each language has its own set of them


def keys(text: str) -> set[str]:
    """The keys of every object literal in the text, nested ones as ``a.b``; plural forms are not keys.

    Types, imports and code between do no harm, for an object begins at ``= {``, ``: {`` or the text's start.
    """
    tokens = [(match.lastgroup, match.group()) for match in TOKEN.finditer(text) if match.lastgroup != "skip"]
    found: set[str] = set()
    open_brackets: list[str | None] = []  # an object's path, or None for any other bracket
    key, before = "", ""
    for index, (kind, token) in enumerate(tokens):
        after = tokens[index + 1][1] if index + 1 < len(tokens) else ""
        inside = open_brackets[-1] if open_brackets else None
        if token in {"{", "(", "["} and kind == "mark":
            starts = token == "{" and before in {"=", ""}
            nested = token == "{" and before == ":" and inside is not None
            open_brackets.append("" if starts else f"{inside}{key}." if nested else None)
        elif token in {"}", ")", "]"} and kind == "mark":
            if open_brackets:
                open_brackets.pop()
        elif inside is not None and before in {"{", ","} and after in {":", ",", "}"} and kind in {"word", "text"}:
            key = token.strip("'\"")
            if key not in PLURAL_FORMS:
                found.add(inside + key)
        before = token
    return found
