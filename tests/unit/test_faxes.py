"""Faxes: taken over from the folders that are set alone, and drawn in the shape of the paper."""

import io
import os
from pathlib import Path

import pypdf
import pytest
from PIL import Image, ImageDraw

from callfloor.asterisk.fax_files import FaxFolder, Keeping, keep
from callfloor.media import fax_pages
from callfloor.media.fax_pages import BrokenFaxError


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    (tmp_path / "mnt" / "sub").mkdir(parents=True)
    (tmp_path / "mnt" / "1.tif").write_bytes(b"a fax")
    (tmp_path / "mnt" / "sub" / "2.tif").write_bytes(b"another")
    (tmp_path / "secret.tif").write_bytes(b"a secret")
    (tmp_path / "mnt" / "link.tif").symlink_to(tmp_path / "secret.tif")
    (tmp_path / "mnt" / "out").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "mnt" / "pipe.tif")
    return tmp_path


@pytest.mark.parametrize(
    ("named", "what"),
    [
        ("/var/spool/asterisk/fax/1.tif", Keeping.KEPT),
        ("/var/spool/asterisk/fax/sub/2.tif", Keeping.KEPT),
        ("1.tif", Keeping.KEPT),
        ("/other/1.tif", Keeping.KEPT),
        ("", Keeping.NOT_NAMED),
        ("/var/spool/asterisk/fax/3.tif", Keeping.MISSING),
        ("/var/spool/asterisk/fax/link.tif", Keeping.MISSING),
        ("/var/spool/asterisk/fax/out/secret.tif", Keeping.MISSING),
        ("/var/spool/asterisk/fax/pipe.tif", Keeping.MISSING),
        ("/var/spool/asterisk/fax/sub", Keeping.MISSING),
        ("/var/spool/asterisk/fax/../secret.tif", Keeping.OUTSIDE),
        ("../secret.tif", Keeping.OUTSIDE),
        ("/var/spool/asterisk/fax", Keeping.OUTSIDE),
        ("/etc/passwd", Keeping.OUTSIDE),
        ("/var/spool/asterisk/faxes/1.tif", Keeping.OUTSIDE),
        ("/var/spool/asterisk/fax/1.tif\0.txt", Keeping.OUTSIDE),
        ("/var/spool/asterisk/fax/" + "x" * 5000, Keeping.OUTSIDE),
    ],
)
def test_nothing_is_taken_from_outside_the_folders_that_are_set(spool: Path, named: str, what: Keeping) -> None:
    folders = [FaxFolder("/var/spool/asterisk/fax", spool / "mnt"), FaxFolder("/other", spool / "mnt")]
    kept = spool / "kept.tif"
    assert keep(folders, named, kept) is what
    assert kept.exists() is (what is Keeping.KEPT)
    assert not kept.exists() or kept.read_bytes() in {b"a fax", b"another"}


def test_without_a_folder_nothing_is_taken(spool: Path) -> None:
    assert keep([], str(spool / "mnt" / "1.tif"), spool / "kept.tif") is Keeping.NOT_SET


def test_a_file_beyond_all_measure_is_left(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callfloor.asterisk.fax_files.MOST_BYTES", 4)
    assert keep([FaxFolder("/f", spool / "mnt")], "/f/1.tif", spool / "kept.tif") is Keeping.TOO_LARGE
    assert [path.name for path in spool.iterdir() if path.name.startswith((".", "kept"))] == []


# --- pages ------------------------------------------------------------------------------------------------------


def tiff(
    file: Path, *, dpi: tuple[float, float] | None = (204, 98), compression: str = "group3", pages: int = 2
) -> Path:
    """Pages with a black square inch at (1, 1) inches."""
    x, y = dpi or (204, 98)
    drawn = []
    for _ in range(pages):
        page = Image.new("1", (1728, round(8.27 / 204 * y * 204 * 1.414)), 1)
        ImageDraw.Draw(page).rectangle((x, y, 2 * x, 2 * y), fill=0)
        drawn.append(page)
    more = {} if dpi is None else {"dpi": dpi}
    drawn[0].save(file, "TIFF", compression=compression, save_all=True, append_images=drawn[1:], **more)
    return file


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_lzw"])
@pytest.mark.parametrize("dpi", [(204.0, 98.0), (204.0, 196.0), (204.0, 391.0)])
def test_a_square_is_a_square_at_every_resolution(tmp_path: Path, compression: str, dpi: tuple[float, float]) -> None:
    file = tiff(tmp_path / "a.tif", dpi=dpi, compression=compression)
    assert fax_pages.count(file) == 2
    picture = Image.open(io.BytesIO(fax_pages.png(file, 1))).convert("L")
    box = picture.point(lambda value: 255 if value < 128 else 0).getbbox()
    assert box is not None
    left, top, right, bottom = box
    assert right - left == pytest.approx(bottom - top, rel=0.03)
    assert (left, top) == pytest.approx((204, 204), rel=0.03)


def test_a_file_that_does_not_say_its_resolution_is_taken_for_the_standard_one(tmp_path: Path) -> None:
    picture = Image.open(io.BytesIO(fax_pages.png(tiff(tmp_path / "a.tif", dpi=None), 0)))
    assert picture.size[1] / picture.size[0] == pytest.approx(1.414, rel=0.03)


def test_a_pdf_has_each_page_in_its_own_size_with_every_pixel(tmp_path: Path) -> None:
    files = [tiff(tmp_path / "a.tif"), tiff(tmp_path / "b.tif", dpi=(204, 196), pages=1)]
    out = io.BytesIO()
    assert fax_pages.pdf(files, out) == 3
    read = pypdf.PdfReader(io.BytesIO(out.getvalue()), strict=True)
    for page, (file, frame) in zip(read.pages, [(files[0], 0), (files[0], 1), (files[1], 0)], strict=True):
        assert float(page.mediabox.width) == pytest.approx(1728 / 204 * 72, abs=0.01)
        assert float(page.mediabox.height) / float(page.mediabox.width) == pytest.approx(1.38, rel=0.03)
        (found,) = page.images
        assert found.image is not None
        with Image.open(file) as original:
            original.seek(frame)
            assert found.image.convert("1").tobytes() == original.convert("1").tobytes()


def broken() -> dict[str, bytes]:
    held = io.BytesIO()
    Image.new("1", (1728, 300), 1).save(held, "TIFF", compression="group4")
    whole = held.getvalue()
    png = io.BytesIO()
    Image.new("L", (10, 10)).save(png, "PNG")
    huge = bytearray(whole)
    height = huge.index(b"\x01\x01\x03\x00\x01\x00\x00\x00")  # ImageLength, a SHORT; it becomes a LONG
    huge[height : height + 12] = b"\x01\x01\x04\x00\x01\x00\x00\x00" + (2**31 - 1).to_bytes(4, "little")
    return {
        "empty": b"",
        "a head alone": b"II*\0",
        "no TIFF": b"GIF89a" * 50,
        "another kind of picture": png.getvalue(),
        "cut off": whole[: len(whole) // 2],
        "a page of two thousand million lines": bytes(huge),
        "noise": bytes(range(256)) * 40,
    }


@pytest.mark.parametrize("kind", sorted(broken()))
def test_what_is_no_fax_says_so(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "a.tif"
    file.write_bytes(broken()[kind])
    with pytest.raises(BrokenFaxError):
        fax_pages.png(file, 0)
    with pytest.raises(BrokenFaxError):
        fax_pages.pdf([file], io.BytesIO())


def test_a_page_that_would_fill_the_memory_is_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tiff(tmp_path / "a.tif")
    monkeypatch.setattr(fax_pages, "MOST_PIXELS", 1000)
    for ask in (lambda: fax_pages.count(file), lambda: fax_pages.png(file, 0)):
        with pytest.raises(BrokenFaxError, match="larger than any fax"):
            ask()


def test_there_is_no_page_behind_the_last(tmp_path: Path) -> None:
    file = tiff(tmp_path / "a.tif")
    for page in (-1, 2, 10_000):
        with pytest.raises(BrokenFaxError, match="no such page"):
            fax_pages.png(file, page)
