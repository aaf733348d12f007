"""What a person reads when a command refuses: one short, harmless sentence."""

from spec.errors import InputError, describe_failure, shorten


def test_sentences_are_short_and_printable() -> None:
    """Whatever a sentence quotes, it stays on one line, short, and cannot command a terminal."""
    sentence = str(InputError(f"a\nb\x1b[31m{'x' * 5000}\u202e"))
    assert sentence.startswith("a b [31mxxx")
    assert sentence.isprintable()
    assert len(sentence) == 600
    assert shorten("x" * 99, 10) == "'xxxxxxxx…"


def test_a_sentence_ends_in_one_stop() -> None:
    """A stop after what was quoted is not doubled, whatever the quotation ends in."""
    assert str(InputError("no such name: did you mean 'x'?.")) == "no such name: did you mean 'x'?"
    assert str(InputError("it cannot be read: Permission denied..")) == "it cannot be read: Permission denied."
    assert str(InputError("an ordinary sentence.")) == "an ordinary sentence."


def test_every_exception_becomes_one_sentence() -> None:
    """Bad input keeps its sentence, a failing disk names the file, and a fault of ours is called one."""
    given = InputError("the document is empty.")
    assert describe_failure(given, "the document") is given
    assert str(describe_failure(OSError(28, "No space left on device", "there"), "the pin")) == (
        "there: No space left on device."
    )
    assert str(describe_failure(OSError("no file"), "the pin")) == "a file: no file."
    assert str(describe_failure(KeyError("x"), "the pin")) == (
        "a fault of this command, not of the pin (KeyError: 'x'); report it."
    )
