"""Text from logs and arguments, made fit for a terminal or a text file. It is hostile: shown, never obeyed."""

import re
from typing import Final

# What a terminal would obey or what would reorder the line: control characters but line feed and tab, and Unicode's
# marks for direction and for invisible joining.
_DANGEROUS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_BLANKS: Final = re.compile(r"[\n\t]+")


def plain(text: object) -> str:
    """Give one line of harmless text: control characters are written out, e.g. \\x1b."""
    line = _BLANKS.sub(" ", str(text))
    return _DANGEROUS.sub(lambda found: found[0].encode("unicode_escape").decode(), line)
