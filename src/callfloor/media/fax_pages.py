"""A fax's TIFF as pages to look at, and as a PDF.

A fax pixel is no square: 204 across and 98 (standard) or 196 (fine) down to the inch (ITU-T T.4), so a page is drawn at
the shape of the paper, by the resolution in the file or by what the fields of T.4 can be. A file comes from a stranger:
what it claims to be is bounded before it is decoded.

PDF: a page is an image of ITU-T G4 in a page of its own size (ISO 32000-1, 7.4.6), so nothing is drawn anew or lost.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

import msgspec
from PIL import Image, TiffImagePlugin

MOST_PIXELS: Final = 40_000_000
"""Of one page: A3 at the finest of faxes (408 × 391 to the inch) is 31 million."""

MOST_PAGES: Final = 2_000

SHOWN_WIDTH: Final = 1728
"""Pixels of a page's width at most, as PNG; that of a standard fax's line."""

_DPI_LEAST, _DPI_MOST = 40.0, 1200.0
_X_RESOLUTION, _Y_RESOLUTION, _UNIT = 282, 283, 296
_STRIP_OFFSETS, _STRIP_BYTES, _ROWS_PER_STRIP = 273, 279, 278
_STANDARD, _FINE = (204.0, 98.0), (204.0, 196.0)


class BrokenFaxError(Exception):
    """The file is no TIFF, is damaged, or claims to be larger than any fax."""


class PageShape(msgspec.Struct, frozen=True, kw_only=True):
    """A page: its pixels, and how many of them make an inch."""

    width: int
    height: int
    dpi_x: float
    dpi_y: float


def count(file: Path) -> int:
    """How many pages a file has.

    Raises:
        BrokenFaxError: it is no fax that can be shown.
    """
    with _opened(file) as image:
        pages: int = getattr(image, "n_frames", 1)
        if not 1 <= pages <= MOST_PAGES:
            raise BrokenFaxError("more pages than any fax has")
        shape_of(image)
        return pages


def png(file: Path, page: int) -> bytes:
    """A page (from 0) as a grey PNG in the paper's shape.

    Raises:
        BrokenFaxError: the file cannot be shown, or has no such page.
    """
    with _opened(file) as image:
        shape = _turn_to(image, page)
        grey = image.convert("L")
        width = min(shape.width, SHOWN_WIDTH)
        height = max(1, min(round(width * (shape.height / shape.dpi_y) / (shape.width / shape.dpi_x)), 20_000))
        if (width, height) != grey.size:
            grey = grey.resize((width, height), Image.Resampling.BOX, reducing_gap=None)
        out = io.BytesIO()
        grey.quantize(16).save(out, "PNG", optimize=False)
        return out.getvalue()


def pdf(files: Sequence[Path], out: IO[bytes]) -> int:
    """All pages of the files as one PDF, a page at a time; returns how many.

    Raises:
        BrokenFaxError: a file cannot be shown; ``out`` is then of no use.
    """
    writer = _Pdf(out)
    for file in files:
        for shape, strip in _strips(file):
            writer.page(shape, strip)
    writer.close()
    return writer.pages


def _strips(file: Path) -> Iterator[tuple[PageShape, bytes]]:
    with _opened(file) as image:
        for page in range(min(getattr(image, "n_frames", 1), MOST_PAGES)):
            shape = _turn_to(image, page)
            yield shape, _group4(image.convert("1"))


def _group4(image: Image.Image) -> bytes:
    """The picture as one strip of G4, black where a bit is 0."""
    held = io.BytesIO()
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[_ROWS_PER_STRIP] = image.height
    size = (image.width + 7) // 8 * image.height
    image.save(held, "TIFF", compression="group4", tiffinfo=tags, strip_size=size)
    held.seek(0)
    with Image.open(held) as made:
        found: Any = made.tag_v2  # type: ignore[attr-defined]
        offsets, sizes = found[_STRIP_OFFSETS], found[_STRIP_BYTES]
    if len(offsets) != 1:
        raise BrokenFaxError("a page could not be packed")
    return held.getvalue()[offsets[0] : offsets[0] + sizes[0]]


# --- opening ----------------------------------------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Iterator[Image.Image]:
    """The file as a TIFF; whatever goes wrong with it in the block is a ``BrokenFaxError``."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged tags; what matters is bounded here
            with Image.open(file, formats=("TIFF",)) as image:
                yield image
    except BrokenFaxError:
        raise
    except FileNotFoundError:
        raise BrokenFaxError("the file is not there") from None
    # Pillow's decoders raise whatever a damaged file brings about, SyntaxError and struct.error among it.
    except Exception as error:  # noqa: BLE001
        raise BrokenFaxError(f"the file cannot be read: {type(error).__name__}") from None


def _turn_to(image: Image.Image, page: int) -> PageShape:
    if not 0 <= page < min(getattr(image, "n_frames", 1), MOST_PAGES):
        raise BrokenFaxError("there is no such page")
    image.seek(page)
    shape = shape_of(image)
    image.load()
    return shape


def shape_of(image: Image.Image) -> PageShape:
    """The shape of the frame that is turned to, before it is decoded.

    Raises:
        BrokenFaxError: it is larger than any page of a fax.
    """
    width, height = image.size
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise BrokenFaxError("a page is larger than any fax's")
    tags: Any = getattr(image, "tag_v2", {})
    try:
        dpi_x, dpi_y = float(tags[_X_RESOLUTION]), float(tags[_Y_RESOLUTION])
        if tags.get(_UNIT, 2) == 3:  # to the centimetre
            dpi_x, dpi_y = dpi_x * 2.54, dpi_y * 2.54
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        dpi_x = dpi_y = 0.0
    if not (_DPI_LEAST <= dpi_x <= _DPI_MOST and _DPI_LEAST <= dpi_y <= _DPI_MOST):
        # A standard page of A4 has 1,145 lines; where the file does not say, a shorter one is not a fine one.
        dpi_x, dpi_y = _STANDARD if height <= 1_500 and width >= 1_600 else _FINE
    return PageShape(width=width, height=height, dpi_x=dpi_x, dpi_y=dpi_y)


# --- PDF --------------------------------------------------------------------------------------------------------


class _Pdf:
    """Writes a PDF of pictures, each on a page of its size, one after the other."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._at = 0
        self._places: dict[int, int] = {}  # by the object's number
        self._pages: list[int] = []
        self._next = 3  # 1 is the catalogue, 2 the list of pages
        self._write(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")

    @property
    def pages(self) -> int:
        return len(self._pages)

    def page(self, shape: PageShape, strip: bytes) -> None:
        picture, content, page = self._next, self._next + 1, self._next + 2
        self._next += 3
        self._object(
            picture,
            f"<< /Type /XObject /Subtype /Image /Width {shape.width} /Height {shape.height} /ColorSpace /DeviceGray "
            f"/BitsPerComponent 1 /Filter /CCITTFaxDecode /DecodeParms << /K -1 /BlackIs1 true "
            f"/Columns {shape.width} /Rows {shape.height} >> /Length {len(strip)} >>",
            strip,
        )
        wide, high = shape.width * 72 / shape.dpi_x, shape.height * 72 / shape.dpi_y
        drawn = f"q {wide:.3f} 0 0 {high:.3f} 0 0 cm /F Do Q".encode()
        self._object(content, f"<< /Length {len(drawn)} >>", drawn)
        self._object(
            page,
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {wide:.3f} {high:.3f}] "
            f"/Resources << /XObject << /F {picture} 0 R >> >> /Contents {content} 0 R >>",
        )
        self._pages.append(page)

    def close(self) -> None:
        kids = " ".join(f"{page} 0 R" for page in self._pages)
        self._object(1, "<< /Type /Catalog /Pages 2 0 R >>")
        self._object(2, f"<< /Type /Pages /Count {len(self._pages)} /Kids [{kids}] >>")
        table = self._at
        rows = "".join(f"{self._places[number]:010d} 00000 n \n" for number in range(1, self._next))
        self._write(f"xref\n0 {self._next}\n0000000000 65535 f \n{rows}".encode())
        self._write(f"trailer\n<< /Size {self._next} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n".encode())

    def _object(self, number: int, words: str, stream: bytes | None = None) -> None:
        self._places[number] = self._at
        self._write(f"{number} 0 obj\n{words}\n".encode())
        if stream is not None:
            self._write(b"stream\n")
            self._write(stream)
            self._write(b"\nendstream\n")
        self._write(b"endobj\n")

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._at += len(data)
