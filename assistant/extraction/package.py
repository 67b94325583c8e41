"""What Word, PowerPoint and Excel files share: the package they come in, and the colours they are written in."""

from __future__ import annotations

import io
import zipfile

from assistant.extraction.base import Bounds, RefusalError

CONTRAST = 1.25
"""Below this ratio of luminances, text cannot be told from its background."""
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def check_package(data: bytes, bounds: Bounds, *, broken: str) -> None:
    """Refuse what is no package, is protected by a password, or would unpack into more than a document has."""
    if data.startswith(OLD_OFFICE) and _ENCRYPTED in data:
        raise RefusalError("encrypted")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise RefusalError(broken, cause=type(error).__name__) from error
    if any(entry.flag_bits & 1 for entry in entries):
        raise RefusalError("encrypted")
    # An entry never yields more than the size it declares, so the sum bounds what will be unpacked.
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > bounds.entries or unpacked > bounds.unpacked_mb * 2**20:
        raise RefusalError("too_big", limit_mb=bounds.unpacked_mb, unpacked=True)


def contrast(one: str, other: str) -> float:
    """The ratio of luminances of two colours (RRGGBB), as WCAG counts it: from 1, the same, to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def is_rgb(value: str) -> bool:
    """Whether this is a colour in six hexadecimal digits."""
    return len(value) == 6 and all(c in "0123456789abcdefABCDEF" for c in value)
