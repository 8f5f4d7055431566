"""What the simulated company pays its carriers, so that its calls have a cost."""

from callfloor.floor.tariffs import MICRO, Direction, Tariff
from callfloor.store.store import ProjectStore


def _of(prefix: str, label: str, price: str, *, steps: tuple[int, int] = (60, 60), **more: object) -> Tariff:
    whole, _, places = price.partition(".")
    return Tariff(
        prefix=prefix,
        label=label,
        price_micro=int(whole) * MICRO + int(places.ljust(6, "0")),
        first_step_s=steps[0],
        next_step_s=steps[1],
        currency="UAH",
        **more,  # type: ignore[arg-type]
    )


TARIFFS = (
    _of("380", "Ukraine, landlines", "0.35", steps=(1, 1)),
    _of("38050", "Ukraine, Vodafone", "1.2", steps=(30, 6)),
    _of("38067", "Ukraine, Kyivstar", "1.1", steps=(30, 6)),
    _of("48", "Poland", "2.4", steps=(60, 1)),
    _of("48", "Poland, by the second line", "1.95", steps=(1, 1), trunk="trunk-b"),
    _of("7", "Russia", "6.5", connection_micro=500_000),
    _of("79", "Russia, mobile", "7.9", connection_micro=500_000),
    _of("", "All other numbers", "12", connection_micro=1_000_000, free_s=3),
    _of("", "Toll-free line", "0.5", steps=(30, 6), trunk="trunk-b", direction=Direction.INBOUND),
)


def agree(project: ProjectStore) -> None:
    """Have these tariffs, where the project has none."""
    if not project.tariffs.list():
        project.tariffs.take_in(TARIFFS, dry=False)
