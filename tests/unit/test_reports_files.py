"""Files as other programs read them: CSV by Python and by spreadsheets' rules, XLSX by openpyxl, PDF by pypdf."""

import csv
import io
import string
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from callfloor.reports.clock import Clock, duration_text
from callfloor.reports.columns import CALL_KEYS, TOTALS_KEYS, Column, Kind, call_columns, totals_columns, totals_takers
from callfloor.reports.csv_file import BOM, CsvFile, safe
from callfloor.reports.pdf_file import Chart, Page, page_cells, pdf
from callfloor.reports.words import WORDS
from callfloor.reports.xlsx_file import XlsxFile
from callfloor.store.journal_rows import Totals

WARSAW = ZoneInfo("Europe/Warsaw")
TEXT = Column(key="text", title="Text", kind=Kind.TEXT, width=10)
COLUMNS = (
    Column(key="at", title="At", kind=Kind.INSTANT, width=19),
    TEXT,
    Column(key="talk", title="Talk", kind=Kind.DURATION, width=10),
    Column(key="n", title="N", kind=Kind.COUNT, width=8),
    Column(key="share", title="%", kind=Kind.SHARE, width=8),
    Column(key="cost", title="Cost", kind=Kind.MONEY, width=8),
)
ROWS = ((1_700_000_000.0, "Łódź → Київ", 100_000.0, 3, 0.25, "1.25"), (None, None, None, None, None, None))
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


def as_csv(columns: tuple[Column, ...], rows: list[tuple[object, ...]], *, bom: bool = True) -> bytes:
    made = io.BytesIO()
    file = CsvFile(made, columns, Clock(WARSAW), bom=bom)
    file.put([list(values) for values in zip(*rows, strict=True)] or [[] for _ in columns])
    file.close()
    return made.getvalue()


def as_book(columns: tuple[Column, ...], rows: list[tuple[object, ...]], **more: int) -> openpyxl.Workbook:
    made = io.BytesIO()
    file = XlsxFile(made, columns, Clock(WARSAW), sheet="Calls", **more)
    if rows:
        file.put([list(values) for values in zip(*rows, strict=True)])
    file.close()
    return openpyxl.load_workbook(io.BytesIO(made.getvalue()))


def test_a_csv_says_what_it_is_given() -> None:
    made = as_csv(COLUMNS, list(ROWS))
    assert made.startswith(BOM)
    assert made.decode("utf-8-sig") == (
        "At,Text,Talk,N,%,Cost\r\n2023-11-14 23:13:20,Łódź → Київ,27:46:40,3,25.0,1.25\r\n,,,,,\r\n"
    )
    assert not as_csv(COLUMNS, list(ROWS), bom=False).startswith(BOM)
    assert as_csv((TEXT,), []).decode("utf-8-sig") == "Text\r\n"


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=8))
def test_any_text_comes_back_from_a_csv_but_for_formulas(texts: list[str | None]) -> None:
    told = io.StringIO(as_csv((TEXT, TEXT), [(text, text) for text in texts]).decode("utf-8-sig"), newline="")
    assert list(csv.reader(told))[1:] == [[safe(text or "")] * 2 for text in texts]


@given(st.sampled_from("=+-@\t\r\n"), TEXTS)
def test_no_text_is_a_formula(sign: str, rest: str) -> None:
    text = sign + rest
    phone = sign == "+" and rest != "" and set(rest) <= set(string.digits)
    assert safe(text) == (text if phone else "'" + text)


def test_a_sheet_has_numbers_where_there_are_numbers() -> None:
    (sheet,) = as_book(COLUMNS, list(ROWS)).worksheets
    at, text, talk, n, share, cost = sheet[2]
    assert at.value == datetime(2023, 11, 14, 23, 13, 20)  # noqa: DTZ001 - a sheet's clock has no zone
    assert (talk.value, talk.number_format) == (timedelta(seconds=100_000), "[h]:mm:ss")
    assert (text.value, n.value, share.value, cost.value) == ("Łódź → Київ", 3, 0.25, 1.25)
    assert [cell.value for cell in sheet[3]] == [None] * 6
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", "A1:F3")
    assert [cell.value for cell in sheet[1]] == [column.title for column in COLUMNS]


def test_a_full_sheet_is_followed_by_another() -> None:
    book = as_book((TEXT,), [(str(number),) for number in range(25)], largest_sheet=11)
    assert [sheet.max_row for sheet in book] == [11, 11, 6]
    assert [row[0].value for sheet in book for row in sheet.iter_rows(min_row=2)] == [str(n) for n in range(25)]
    assert len(as_book((TEXT,), []).worksheets) == 1


@settings(max_examples=30)
@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12), max_size=5))
def test_any_text_comes_back_from_a_sheet(texts: list[str]) -> None:
    texts = [text.replace("\ufffe", "").replace("\uffff", "") or "x" for text in ["=1+1", "_x0041_", " a ", *texts]]
    (sheet,) = as_book((TEXT,), [(text,) for text in texts]).worksheets
    # As Excel writes it, and reads it (ECMA-376, ST_Xstring); openpyxl leaves it to its caller.
    assert [unescape(row[0].value) for row in sheet.iter_rows(min_row=2)] == texts
    assert all(row[0].data_type in {"s", "inlineStr"} for row in sheet.iter_rows(min_row=2))


HARMFUL = "#let x = 1 $a^2$ @ref *b* _c_ [d] \\ `e` // <l> = h"


@pytest.mark.parametrize("language", list(WORDS))
def test_a_pdf_says_its_words_in_each_language_and_runs_nobodys(language: str) -> None:
    said = WORDS[language]
    columns = call_columns(("started", "employee", "talk", "result"), language)
    names = ["Zażółć gęślą jaźń", "Їжак Ґанок Єва", "Ёлкин Щука", HARMFUL]
    chunk = [[1_700_000_000.0] * 60, names * 15, [95.0] * 60, [said["result.missed"]] * 60]
    page = Page(
        language=language,
        project=HARMFUL,
        title=said["title.calls"],
        lines=((said["period"], "1–2"), (said["filters"], HARMFUL)),
        totals=((said["column.missed"], "60", "danger"),),
        chart=Chart(title=said["chart.day"], series=((HARMFUL, "good"),), bars=(("1.11", (3,)), (HARMFUL, (0,)))),
        foot="Callfloor",
        page=said["page"],
        empty=said["empty"],
        colours={said["result.missed"]: "danger"},
    )
    made = pypdf.PdfReader(io.BytesIO(pdf(page, columns, page_cells(columns, chunk, Clock(WARSAW)))))
    texts = [" ".join(one.extract_text().split()) for one in made.pages]
    assert len(texts) > 1
    for number, text in enumerate(texts, 1):
        assert said["page"].format(number, len(texts)) in text
        assert said["column.employee"] in text  # the head is repeated
    whole = " ".join(texts)
    assert said["title.calls"] in whole
    assert whole.count("Zażółć gęślą jaźń") == whole.count("Їжак Ґанок Єва") == whole.count("Ёлкин Щука") == 15
    assert whole.count("#let x = 1 $a^2$ @ref") >= 16
    assert "\ufffd" not in whole
    width, height = sorted((float(made.pages[0].mediabox.width), float(made.pages[0].mediabox.height)))
    assert (round(width), round(height)) == (595, 842)  # A4


def test_every_language_has_every_word_with_the_same_places() -> None:
    english = WORDS["en"]
    for language, said in WORDS.items():
        assert said.keys() == english.keys(), language
        for key, word in said.items():
            assert [word.count(f"{{{n}}}") for n in range(4)] == [english[key].count(f"{{{n}}}") for n in range(4)], key
        assert (len(said["weekdays"].split()), len(said["months"].split())) == (7, 12)
        assert len(call_columns(CALL_KEYS, language)) == len(CALL_KEYS)


def test_every_total_can_be_a_column() -> None:
    takers = totals_takers(totals_columns(TOTALS_KEYS, "en"))
    assert [take(Totals(calls=3, talk_s=9.0)) for take in takers][:2] == [3, 0]


@pytest.mark.parametrize("zone", ["Europe/Warsaw", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_a_clock_is_its_zones(zone: str) -> None:
    clock = Clock(ZoneInfo(zone))
    for at in range(1_679_000_000, 1_720_000_000, 1_234_567):
        local = datetime.fromtimestamp(at, ZoneInfo(zone))
        assert clock.text(at + 0.9) == local.strftime("%Y-%m-%d %H:%M:%S")
        days = clock.serial(at)
        since = local.replace(tzinfo=None) - datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's clock has no zone
        assert abs(days - since / timedelta(days=1)) < 1e-8
    assert duration_text(3661.9) == "1:01:01"
