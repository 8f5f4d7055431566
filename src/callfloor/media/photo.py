"""A photo that somebody uploads, made into one that may be shown: small, square, and nothing in it but the picture.

What arrives is never kept or passed on: it is decoded within bounds, and encoded anew, so that EXIF (with the place it
was taken at), colour profiles, comments and whatever hides behind the picture's end are gone.
"""

import io
import struct
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from callfloor.errors import PhotoError

SIDE: Final = 256
MOST_BYTES: Final = 5 * 2**20
MOST_PIXELS: Final = 40_000_000
"""Of the picture as it arrives: 160 MB decoded. A picture says its size in its first bytes, before it is decoded."""

_FORMATS: Final = ("PNG", "JPEG", "WEBP")
_BROKEN: Final = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error)
_BOMBS: Final = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def square(data: bytes) -> bytes:
    """The photo as WebP of ``SIDE`` by ``SIDE`` pixels: its middle, turned the right way up. Takes up to a second.

    Raises:
        PhotoError: it is no PNG, JPEG or WebP, is damaged, or is too large.
    """
    if len(data) > MOST_BYTES:
        raise PhotoError
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS or min(opened.size) < 1:
                raise PhotoError
            opened.draft("RGB", (2 * SIDE, 2 * SIDE))  # a JPEG is decoded no larger than need be
            small = ImageOps.fit(_on_white(_upright(opened)), (SIDE, SIDE), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        Image.frombytes("RGB", small.size, small.tobytes()).save(out, "WEBP", quality=85, method=4)
        return out.getvalue()
    except (*_BROKEN, *_BOMBS):
        raise PhotoError from None


def _upright(image: Image.Image) -> Image.Image:
    """As its EXIF says that the camera was held; as it is, where that cannot be read."""
    try:
        return ImageOps.exif_transpose(image)
    except (*_BROKEN, Warning, KeyError, TypeError):
        return image


def _on_white(image: Image.Image) -> Image.Image:
    """Without transparency and palettes."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        seen = image.convert("RGBA")
        white = Image.new("RGBA", seen.size, "white")
        return Image.alpha_composite(white, seen).convert("RGB")
    return image.convert("RGB")
