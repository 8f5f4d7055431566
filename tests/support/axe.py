"""What axe finds on a page: the accessibility rules of WCAG 2.2 AA and axe's own best practice."""

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_SCRIPT: str = Axe().axe_script
# Only what is broken comes back: axe tells of everything that it looked at.
_ASKED = """([within, options]) => axe.run(within ?? document, options).then(found => found.violations.map(
    one => [one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))]))"""
SETTLED = """Promise.all(document.getAnimations()
    .filter(one => one.effect.getTiming().iterations !== Infinity).map(one => one.finished.catch(() => null)))"""
"""Waits until nothing moves any more."""


def violations(page: Page, within: str | None = None) -> list[str]:
    """Each rule that is broken, with where; once nothing moves (a fade is not a contrast).

    ``within`` is the selector of what is looked at; None is all of the page.
    """
    page.evaluate(SETTLED)
    if not page.evaluate("'axe' in window"):  # half a megabyte, once for each document
        page.evaluate(_SCRIPT)
    found = page.evaluate(_ASKED, [within, {"resultTypes": ["violations"], "runOnly": _TAGS}])
    return [f"{rule}: {json.dumps(nodes)}" for rule, nodes in found]
