"""The one exception a maker's command shows to a person."""

_LONGEST = 600


class Refusal(Exception):  # noqa: N818 - it is not a fault of ours: the command declines what it was given
    """One sentence for the user: what was received, what was expected, where, what to do.

    A command prints it to standard error and exits 2, having written nothing.
    """

    def __init__(self, sentence: str) -> None:
        """Keep *sentence* short, on one line and free of control characters, whatever was quoted in it."""
        super().__init__(_cut(" ".join(_printable(sentence).split()), _LONGEST))


def shorten(value: object, limit: int = 80) -> str:
    """Return *value* as it may be quoted in a sentence: `repr`, on one line, at most *limit* characters."""
    return _cut(_printable(repr(value)), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
