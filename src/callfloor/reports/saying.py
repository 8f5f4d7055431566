"""What stands around a report's table, in words: title, period, filters, figures, the chart."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from callfloor.floor.directory import Directory
from callfloor.reports.clock import duration_text
from callfloor.reports.pdf_file import Chart, page_duration
from callfloor.reports.words import words
from callfloor.store.call_filter import Between, CallFilter, Grouping
from callfloor.store.journal_rows import Totals, TotalsGroup
from callfloor.store.report_asks import ReportAsk, What

COLOURS = {
    "type.inbound": "good",
    "type.outbound": "talking",
    "type.callback": "hold",
    "type.internal": "queue",
    "result.answered": "good",
    "result.missed": "danger",
    "result.abandoned": "danger",
    "result.abandoned_queue": "danger",
    "result.abandoned_ivr": "danger",
    "result.busy": "caution",
    "result.no_answer": "caution",
    "result.failed": "danger",
}
"""The page's colours of types and results; each comes with its word, so nobody needs the colour."""

_MOST_BARS = 62
_MOST_NAMED = 36  # groups with names of their own: the largest


def title(ask: ReportAsk) -> str:
    """``Journal of calls``, or ``Totals: Employee``."""
    said = words(ask.language)
    return said["title.calls"] if ask.what is What.CALLS else f"{said['title.totals']}: {said[f'by.{ask.by}']}"


def period(wanted: CallFilter, zone: ZoneInfo, language: str) -> str:
    """``21.11.2026`` or ``01.11.2026 – 30.11.2026``; with times where it does not begin and end with days."""
    first = datetime.fromtimestamp(wanted.started_from, zone)
    end = datetime.fromtimestamp(wanted.started_to, zone)
    form = date_form(language)
    if (first.hour, first.minute, first.second, end.hour, end.minute, end.second) == (0,) * 6:
        last = end - timedelta(days=1)
        days = [first.strftime(form), last.strftime(form)]
    else:
        days = [first.strftime(f"{form} %H:%M"), end.strftime(f"{form} %H:%M")]
    return " – ".join(dict.fromkeys(days))


def date_form(language: str) -> str:
    """A date as ``strftime`` has it: British with slashes, the others with dots."""
    return "%d/%m/%Y" if language == "en" else "%d.%m.%Y"


def filters(wanted: CallFilter, directory: Directory, language: str) -> str:
    """The filter in words, without the period; names as the directory has them now."""
    said = words(language)
    employees = {each.id: each.name for each in directory.employees}
    departments = {each.id: each.name for each in directory.departments}
    queues = {each.name: each.label or each.name for each in directory.queues}
    parts: list[tuple[str, str]] = []

    def among(name: str, values: Iterable[str] | None) -> None:
        if values is not None:
            parts.append((name, ", ".join(sorted(values)) or "–"))

    def named(column: str, prefix: str, values: Iterable[str] | None) -> None:
        among(said[column], None if values is None else [said[f"{prefix}.{value}"] for value in values])

    ids, within = wanted.employee_ids, wanted.department_ids
    among(said["column.employee"], None if ids is None else [employees.get(each, str(each)) for each in ids])
    among(said["column.department"], None if within is None else [departments.get(each, str(each)) for each in within])
    among(said["column.number"], wanted.business_numbers)
    among(said["column.source"], wanted.sources)
    among(said["column.queue"], None if wanted.queues is None else [queues.get(each, each) for each in wanted.queues])
    named("column.type", "type", wanted.types)
    named("column.result", "result", wanted.outcomes)
    named("filter.mark", "mark", wanted.marks)
    named("column.hung_up_by", "party", wanted.hung_up_by)
    among(said["filter.tag"], wanted.tags)
    for key, between in (("talk", wanted.talk), ("waiting", wanted.waiting), ("duration", wanted.duration)):
        if between is not None:
            parts.append((said[f"filter.{key}"], _range(between, said)))
    if wanted.number_part is not None:
        parts.append((said["filter.part"], wanted.number_part))
    if wanted.client_e164 is not None:
        parts.append((said["filter.client"], wanted.client_e164))
    if wanted.recorded is not None:
        parts.append((said["filter.recorded"], said["yes" if wanted.recorded else "no"]))
    if wanted.counted is not None:
        parts.append((said["filter.counted"], said["yes" if wanted.counted else "no"]))
    if wanted.hours is not None:
        parts.append((said["by.hour"], ", ".join(f"{hour}:00" for hour in sorted(wanted.hours))))
    if wanted.weekdays is not None:
        days = said["weekdays"].split()
        parts.append((said["by.weekday"], ", ".join(days[day] for day in sorted(wanted.weekdays))))
    return "; ".join(f"{name}: {value}" for name, value in parts) or said["all"]


def _range(between: Between, said: dict[str, str]) -> str:
    ends = []
    if between.least_s is not None:
        ends.append(said["filter.from"].format(duration_text(between.least_s)))
    if between.most_s is not None:
        ends.append(said["filter.to"].format(duration_text(between.most_s)))
    return " ".join(ends)


def figures(totals: Totals, language: str) -> tuple[tuple[str, str, str], ...]:
    """The large figures above a table: name, value, colour."""
    said = words(language)

    def length(seconds: float | None) -> str:
        return "–" if seconds is None else page_duration(seconds)

    counts = (
        ("calls", totals.calls, "ink"),
        ("received", totals.received, "good"),
        ("missed", totals.missed, "danger"),
        ("outbound", totals.outbound, "talking"),
        ("callback", totals.callback, "hold"),
        ("unique", totals.unique, "ink"),
        ("target", totals.target, "ink"),
    )
    return (
        *((said[f"column.{key}"], f"{value:,}".replace(",", "\u202f"), colour) for key, value, colour in counts),
        (said["column.average_talk"], length(totals.average_talk_s), "ink"),
        (said["column.average_waiting"], length(totals.average_waiting_s), "ink"),
    )


def chart_by(wanted: CallFilter) -> Grouping:
    """Into what a chart of calls over time is divided: at most some sixty columns, but for very long periods."""
    days = (wanted.started_to - wanted.started_from) / 86_400
    if days <= 1.5:
        return Grouping.HOUR
    if days <= _MOST_BARS:
        return Grouping.DAY
    return Grouping.WEEK if days <= _MOST_BARS * 7 else Grouping.MONTH


def chart(groups: Iterable[TotalsGroup], by: Grouping, language: str) -> Chart:
    """Received, missed, outbound and the others of each group."""
    said = words(language)
    over_time = by in {Grouping.HOUR, Grouping.WEEKDAY, Grouping.DAY, Grouping.WEEK, Grouping.MONTH}
    shown = list(groups)[: _MOST_BARS * 2 if over_time else _MOST_NAMED]
    rest = [max(0, each.totals.calls - _shown(each.totals)) for each in shown]
    series = [("received", "good"), ("missed", "danger"), ("outbound", "talking"), ("callback", "hold")]
    named = [(said[f"column.{key}"], colour) for key, colour in series]
    if any(rest):
        named.append((said["column.internal"], "queue"))
    bars = []
    for each, others in zip(shown, rest, strict=True):
        values = [each.totals.received, each.totals.missed, each.totals.outbound, each.totals.callback]
        bars.append((group_label(each, by, language, short=True), (*values, *([others] if any(rest) else []))))
    return Chart(title=said.get(f"chart.{by}", said["chart.by"]), series=tuple(named), bars=tuple(bars))


def _shown(totals: Totals) -> int:
    return totals.received + totals.missed + totals.outbound + totals.callback


def group_label(group: TotalsGroup, by: Grouping, language: str, *, short: bool = False) -> str:
    """A group's name, as people say it."""
    said = words(language)
    key = group.key
    if key is None:
        return said["none"]
    match by:
        case Grouping.HOUR:
            return key if short else f"{int(key):02d}:00"
        case Grouping.WEEKDAY:
            return said["weekdays"].split()[int(key)]
        case Grouping.DAY | Grouping.WEEK:
            day = datetime.fromisoformat(key)
            return f"{day.day}.{day.month:02d}" if short else day.strftime(date_form(language))
        case Grouping.MONTH:
            month = datetime.fromisoformat(f"{key[:7]}-01")
            return f"{said['months'].split()[month.month - 1]} {month.year}"
        case Grouping.TYPE:
            return said.get(f"type.{key}", key)
        case Grouping.RESULT:
            return said.get(f"result.{key}", key)
        case _:
            label = group.label or key
            return label if not short or len(label) <= 20 else f"{label[:19]}…"
