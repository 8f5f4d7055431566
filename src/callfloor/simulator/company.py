"""The simulated company: who works there, which numbers lead where, which devices they use.

Two are made here: ``lab_company`` is the one that the recorded sessions of a real Asterisk were made with, so that a
scenario can be played with the same people and numbers; ``demo_company`` is what people see at the first start.
"""

import random

import msgspec

from callfloor.simulator.names import DEVICES, PEOPLE


class ToExtension(msgspec.Struct, frozen=True):
    """Ring one employee, then their voicemail."""

    account: str


class ToGroup(msgspec.Struct, frozen=True):
    """Ring several employees at once."""

    accounts: tuple[str, ...]
    seconds: float = 20


class ToQueue(msgspec.Struct, frozen=True):
    """Wait in a queue."""

    queue: str


class ToIvr(msgspec.Struct, frozen=True):
    """Hear a menu and press a digit. ``gap_s``: the PBX waits for a second digit that a longer number might have."""

    name: str
    options: dict[str, "ToQueue | ToExtension | ToGroup"]
    otherwise: "ToQueue | ToExtension | ToGroup"
    menu_s: float = 12
    gap_s: float = 0.0


Target = ToExtension | ToGroup | ToQueue | ToIvr


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One business number: what it is for, and where its calls go (the forwarding scheme)."""

    number: str
    label: str
    source: str | None  # the advertising source
    scheme: str
    target: Target
    context: str  # the dialplan context that carries the scheme
    trunk: str = "trunk-a"
    weight: float = 1.0  # its share of the inbound calls


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An employee as the PBX and the directory know them."""

    name: str
    account: str
    department: str
    devices: tuple[str, ...]  # User-Agents, one per registered contact


class QueuePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A queue of queues.conf."""

    name: str
    label: str
    number: str
    strategy: str
    timeout_s: float
    retry_s: float
    members: tuple[str, ...]
    local: bool = False  # members through Local/…@from-queue/n, states by hint
    wrapup_s: int = 0
    max_wait_s: float = 60
    overflow: str | None = None


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the PBX is configured with."""

    people: tuple[Person, ...]
    departments: tuple[str, ...]
    queues: tuple[QueuePlan, ...]
    routes: tuple[Route, ...]
    presented: str  # the caller number that clients see
    trunks: tuple[str, ...] = ("trunk-a", "trunk-b")
    ring_s: float = 20  # how long a phone rings before voicemail
    monitor_dir: str = "/var/spool/asterisk/monitor"
    first_octets: str = "10.20"  # the phones' network


class DirectoryEmployee(msgspec.Struct, frozen=True, kw_only=True):
    """An employee as the directory takes them in."""

    name: str
    account: str
    department: str


class DirectoryQueue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue by the PBX's name, with the one that people use."""

    name: str
    label: str


class DirectoryNumber(msgspec.Struct, frozen=True, kw_only=True):
    """A business number; ``scheme`` is the name of the route that its calls take."""

    number: str
    label: str
    source: str | None
    scheme: str


class CompanyDirectory(msgspec.Struct, frozen=True, kw_only=True):
    """What an administrator would have typed in: plain data for whoever fills the product's own directory."""

    departments: tuple[str, ...]
    employees: tuple[DirectoryEmployee, ...]
    queues: tuple[DirectoryQueue, ...]
    numbers: tuple[DirectoryNumber, ...]
    trunks: tuple[str, ...]


def directory_of(company: Company) -> CompanyDirectory:
    """The company as a directory."""
    return CompanyDirectory(
        departments=company.departments,
        employees=tuple(
            DirectoryEmployee(name=p.name, account=p.account, department=p.department) for p in company.people
        ),
        queues=tuple(DirectoryQueue(name=q.name, label=q.label) for q in company.queues),
        numbers=tuple(
            DirectoryNumber(number=r.number, label=r.label, source=r.source, scheme=r.scheme) for r in company.routes
        ),
        trunks=company.trunks,
    )


def lab_company() -> Company:
    """Ten people, two queues, one number for each kind of route: the recorded sessions' PBX."""
    names = ("Alice", "Boris", "Vera", "Gleb", "Daria", "Egor", "Zoya", "Ivan", "Kira", "Lev")
    agents = (
        ("Yealink SIP-T46S 66.85.0.5",), ("Grandstream GXP2170 1.0.11.48", "Zoiper rv2.10.20.2"),
        ("snomD785/10.1.73.16",),
        ("MicroSIP/3.21.3",), ("Fanvil X4U 2.12.1",), ("Cisco/SPA504G-7.6.2",), ("PhonerLite 3.20",), (),
        ("Bria 6.5.1",),
        ("baresip v3.9.0 (x86_64/linux)",),
    )  # fmt: skip
    people = tuple(
        Person(name=name, account=str(101 + i), department="Sales" if i < 3 else "Support", devices=agents[i])
        for i, name in enumerate(names)
    )
    sales, support = ToQueue("sales"), ToQueue("support")

    def route(digit: int, scheme: str, target: Target) -> Route:
        return Route(
            number=f"7495100000{digit}", label=scheme, source=None, scheme=scheme, target=target, context=f"did-{digit}"
        )

    return Company(
        people=people,
        departments=("Sales", "Support"),
        queues=(
            QueuePlan(
                name="support", label="Support", number="602", strategy="rrmemory", timeout_s=6, retry_s=1,
                members=("104", "105", "106"), local=True,
            ),
            QueuePlan(
                name="sales", label="Sales", number="601", strategy="ringall", timeout_s=15, retry_s=2,
                members=("101", "102", "103"), overflow="101",
            ),
        ),
        routes=(
            route(1, "Sales queue", sales),
            route(2, "Support queue", support),
            route(3, "Extension 101", ToExtension("101")),
            route(4, "Menu", ToIvr("main", {"1": sales, "2": support}, sales, gap_s=5.0)),
            route(6, "Extension 103", ToExtension("103")),
            route(7, "Ring group", ToGroup(("101", "102"))),
            route(8, "Extension 105", ToExtension("105")),
            route(9, "Extension 102", ToExtension("102")),
        ),
        presented="74951000000",
        ring_s=10,
        monitor_dir="/lab/var/spool/monitor",
        first_octets="127.0",
    )  # fmt: skip


SHARES = (("Sales", 0.30), ("Support", 0.30), ("Retention", 0.125), ("Logistics", 0.15), ("Billing", 0.125))


def demo_company(employees: int = 40, seed: int = 1) -> Company:
    """A company of this many people (ten at least, 8000 at most), in five departments and three queues."""
    employees = min(8000, max(10, employees))
    rng = random.Random(f"{seed}/company")
    first = 101 if employees <= 450 else 1001  # three digits would run into the queues' numbers
    names = PEOPLE[:]
    rng.shuffle(names)
    people: list[Person] = []
    by_department: dict[str, list[str]] = {d: [] for d, _ in SHARES}
    bounds = [round(employees * sum(s for _, s in SHARES[: i + 1])) for i in range(len(SHARES))]
    for i in range(employees):
        department = next(d for (d, _), bound in zip(SHARES, bounds, strict=True) if i < bound)
        account = str(first + i)
        name = names[i % len(names)] + ("" if i < len(names) else f" {i // len(names) + 1}")
        devices = (rng.choice(DEVICES[:9]),) + ((rng.choice(DEVICES[9:]),) if rng.random() < 0.2 else ())
        people.append(Person(name=name, account=account, department=department, devices=devices))
        by_department[department].append(account)
    sales, support, logistics, billing = (tuple(by_department[d]) for d in ("Sales", "Support", "Logistics", "Billing"))

    def serving(department: tuple[str, ...], fifths: int) -> tuple[str, ...]:
        """Members of a department's queue: some of a small one, so that callers do wait; all of a large one."""
        return department if employees > 100 else department[: max(3, len(department) * fifths // 5)]

    to_sales, to_support, to_billing = ToQueue("sales"), ToQueue("support"), ToQueue("billing")
    menu = ToIvr(
        "ivr-1", {"1": to_sales, "2": to_support, "3": to_billing, "4": ToGroup(logistics[:4])}, to_sales, menu_s=14
    )
    short_menu = ToIvr("ivr-2", {"1": to_support, "2": to_billing}, to_support, menu_s=9)
    queues = (
        QueuePlan(
            name="sales", label="Sales", number="601", strategy="ringall", timeout_s=18, retry_s=3,
            members=sales[: min(8, max(3, len(sales) * 3 // 5))], wrapup_s=5, max_wait_s=180, overflow=sales[0],
        ),
        QueuePlan(
            name="support", label="Support line", number="602", strategy="rrmemory", timeout_s=12, retry_s=2,
            members=serving(support, 2), local=True, wrapup_s=10, max_wait_s=300,
        ),
        QueuePlan(
            name="billing", label="Billing", number="603", strategy="leastrecent", timeout_s=15, retry_s=2,
            members=serving(billing, 3), wrapup_s=8, max_wait_s=240, overflow=billing[0],
        ),
    )  # fmt: skip

    def route(
        number: str, label: str, source: str | None, scheme: str, target: Target, context: str, weight: float
    ) -> Route:
        trunk = "trunk-b" if number.startswith(("38", "48")) else "trunk-a"
        return Route(
            number=number,
            label=label,
            source=source,
            scheme=scheme,
            target=target,
            context=context,
            weight=weight,
            trunk=trunk,
        )

    return Company(
        people=tuple(people),
        departments=tuple(d for d, _ in SHARES),
        queues=queues,
        routes=(
            route("78001000030", "Toll-free", "Website", "Main menu", menu, "ivr-1", 5),
            route("74951000001", "Moscow, main", "Google Ads", "Main menu", menu, "ivr-1", 3),
            route("380441000010", "Kyiv, sales", "Google Ads", "Sales, Kyiv", to_sales, "did-kyiv", 3),
            route("48221000020", "Warsaw, support", "Website", "Support, Warsaw", short_menu, "ivr-2", 2.5),
            route("74951000040", "Orders", "Yandex Direct", "Direct to sales", to_sales, "did-orders", 2.5),
            route("442071000050", "London", "Partners", "Support, all hours", to_support, "did-london", 2),
            route("74951000060", "Delivery", None, "Logistics group", ToGroup(logistics[:3], 25), "did-delivery", 1.5),
            route("380441000070", "Invoices", None, "Billing queue", to_billing, "did-billing", 1.5),
            *(
                route(f"749510001{i:02}", f"Direct, {people[n].name}", "Business card", f"Direct to {people[n].name}",
                      ToExtension(people[n].account), f"did-1{i:02}", 0.5)
                for i, n in enumerate((0, len(sales), len(sales) + len(support), employees - 1))
            ),
        ),
        presented="74951000001",
    )  # fmt: skip
