"""The one exception that the commands show to a person, and how text from elsewhere is quoted in it."""

import re

_LONGEST = 600
_TWO_STOPS = re.compile(r"(?<=[.?!…])\.$")


class InputError(Exception):
    """Bad input, in one sentence: what was received, what was expected, where, what to do.

    A command prints it to standard error and exits 2, having written nothing.
    """

    def __init__(self, sentence: str) -> None:
        """Keep the sentence short, on one line and free of control characters, whatever is quoted in it."""
        text = " ".join(_printable(sentence).split())
        super().__init__(_cut(_TWO_STOPS.sub("", text), _LONGEST))


def describe_failure(error: Exception, subject: str) -> InputError:
    """Return what a command says of an exception, whatever it is.

    Args:
        error: what was raised.
        subject: the input that an unexpected exception is not to be blamed on, such as "the document".

    """
    if isinstance(error, InputError):
        return error
    if isinstance(error, OSError):
        return InputError(f"{error.filename or 'a file'}: {error.strerror or error}.")
    return InputError(f"a fault of this command, not of {subject} ({type(error).__name__}: {error}); report it.")


def shorten(value: object, limit: int = 80) -> str:
    """Return a value as it may be quoted in a sentence: `repr`, on one line, at most `limit` characters."""
    return _cut(_printable(repr(value)), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)
