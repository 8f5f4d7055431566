"""What axe finds on a page: the accessibility rules of WCAG 2.2 AA and axe's own best practice."""

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SETTLED = """Promise.all(document.getAnimations()
    .filter(one => one.effect.getTiming().iterations !== Infinity).map(one => one.finished.catch(() => null)))"""
"""Waits until nothing moves any more."""


def violations(page: Page, within: str | None = None) -> list[str]:
    """Each rule that is broken, with where; once nothing moves (a fade is not a contrast).

    ``within`` is the selector of what is looked at; None is all of the page.
    """
    page.evaluate(SETTLED)
    options = {"resultTypes": ["violations"], "runOnly": _TAGS}
    found = Axe().run(page, context=within, options=options).response["violations"]
    return [f"{one['id']}: {json.dumps([node['html'][:160] for node in one['nodes'][:3]])}" for one in found]
