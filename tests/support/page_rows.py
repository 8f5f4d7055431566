"""What a test in a browser waits for where playwright's expectations have no words: the order of rows, and rest."""

from collections.abc import Sequence

from playwright.sync_api import Page

from support.waiting import wait_until

ROW = "[role=row][data-id]"
STILL = """(async () => {
    await document.fonts.ready
    await Promise.all(document.getAnimations()
        .filter(one => one.effect.getTiming().iterations !== Infinity).map(one => one.finished.catch(() => null)))
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
})()"""


def still(page: Page) -> None:
    """Waits until nothing moves any more and what is new is laid out: nothing is measured before that."""
    page.evaluate(STILL)


def ids(page: Page) -> list[str]:
    """The rows that are drawn, from the top."""
    found = page.locator(ROW).evaluate_all(
        "rows => rows.map(row => [row.dataset.id, Number(row.getAttribute('aria-rowindex'))])"
    )
    return [name for name, _ in sorted(found, key=lambda one: one[1])]


def rows_are(page: Page, *wanted: str) -> None:
    """Waits until exactly these rows are drawn, in this order.

    Raises:
        AssertionError: they are not, in time.
    """
    rows_begin(page, wanted, exactly=True)


def rows_begin(page: Page, wanted: Sequence[str], *, exactly: bool = False) -> None:
    """Waits until the rows that are drawn begin with these, in this order.

    Raises:
        AssertionError: they do not, in time.
    """
    seen: list[str] = []

    def so() -> bool:
        seen[:] = ids(page)
        return (seen if exactly else seen[: len(wanted)]) == list(wanted)

    try:
        wait_until(so, f"rows {list(wanted)}")
    except AssertionError as error:
        raise AssertionError(f"{error}; there are {seen}") from None
