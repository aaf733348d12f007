"""The texts that are sent: of each kind as many as are asked for, always the same at the same place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_NOUNS = (
    "river", "copper", "violin", "garden", "winter", "market", "letter", "island", "engine", "doctor",
    "bridge", "forest", "silver", "kitchen", "window", "planet", "horse", "music", "paper", "mountain",
)  # fmt: skip
_VERBS = ("crosses", "follows", "repairs", "forgets", "paints", "carries", "watches", "answers", "borrows", "breaks")
_PLACES = ("at night", "in spring", "near the station", "without a sound", "after the storm", "for the first time")
_TAIL = (
    "thunder", "wedding", "ladder", "pepper", "jacket", "soldier", "orange", "library", "tunnel", "candle",
)  # fmt: skip
_SCRIPTS = (
    "журнал на столе", "облако над морем", "東京の音楽", "静かな港", "مدينة قديمة", "כוכב בוקר", "नदी और पहाड़",
    "ภูเขาสูง", "한국어 문장", "über die Brücke", "façade naïve", "caf\u00e9 noir", "cafe\u0301 noir", "🚀 and 👩‍🔬",
    "π ≈ 3.14159", "Ελληνικά κείμενα", "ﬁne ligature", "\uff26\uff35\uff2c\uff2c width",
    "\U0001d4bb\U0001d4b6ncy letters",
    "Straße und Gasse",
)  # fmt: skip
_TOKENS = (9906, 1917, 1820, 4062, 14198, 39935, 883, 264, 1296, 3373, 7559, 1148, 527, 499, 3815)
_SHORT = (
    "ox", "go", "Hi", "a", "7", "no", "42", "UK", "x", "me", "we", "it", "I", "up", "on", "at", "null",
    "NaN", "None", "true", "[1]", "0", "[DONE]", '["a", "b"]', "{{x}}", "<br>", "N/A", "-1", "1e9", "undefined", "nan",
)  # fmt: skip
_FIRST = (("night", "light"), ("gold", "bold"), ("house", "mouse"), ("river", "liver"), ("table", "cable"))
_LAST = (("bear", "bean"), ("road", "roar"), ("cat", "car"), ("film", "fill"), ("seat", "seal"), ("plan", "play"))
"""Words of which two differ in the first letter, or in the last."""
_LENGTHS = (60, 180, 420, 900, 1900, 4000)
"""Words of a long text, about."""


def words(place: int) -> str:
    """Return two or three plain words."""
    first, second = _NOUNS[place % 20], _NOUNS[(place // 20 + place * 7 + 3) % 20]
    return f"{first} {second}" if place < 20 else f"{first} {second} {_VERBS[place // 20 % 10]} {_number(place // 200)}"


def sentence(place: int) -> str:
    """Return a sentence of about ten words."""
    base, (first, who, last) = _twins(place, _TAIL[place // 8 % 10])
    how = f"{_VERBS[base % 10]} the {_NOUNS[(base * 11 + 5) % 20]} {_PLACES[base % 6]}"
    return f"{first.capitalize()} an old {who} {how}, and nobody asks {_number(base // 20)} about the {last}."


def variant(place: int) -> str:
    """Return one of several spellings of a sentence: a model may take them for the same, but always or never."""
    plain = sentence(4 * (place // 6))
    return (plain, plain.upper(), f"{plain} ", f" {plain}", plain.replace(" ", "  "), plain.rstrip("."))[place % 6]


def long(place: int, most: int = 420) -> str:
    """Return a text of many words, at most `most`.

    Texts come in groups of four: one, and others that differ from it in a few words at the start, in the middle and at
    the end.
    """
    lengths = [one for one in _LENGTHS if one <= most] or [min(most, _LENGTHS[0])]
    return _long(place, lengths[place // 4 % len(lengths)], place // (4 * len(lengths)))


def _long(place: int, count: int, start: int = 0) -> str:
    text = [f"{_NOUNS[at % 20]} {_VERBS[(at // 20 + at) % 10]}" for at in range(start, count // 2)]
    changed = [_TAIL[(place + at) % 10] for at in range(4)]
    match place % 4:
        case 1:
            text[:2] = [" ".join(changed)]
        case 2:
            text[len(text) // 2 : len(text) // 2 + 2] = [" ".join(changed)]
        case 3:
            text[-2:] = [" ".join(changed)]
    return " ".join(text)


def look_alikes() -> list[str]:
    """Return texts with words that a server takes away which reads markup, escapes or templates, and texts without."""
    return [
        "speed%3D1970", "speed=1970", "C:\\new\\table", "C:\new\table", "\\u0041nchor", "Anchor", "fish &amp; chips",
        "fish & chips", "{{river}} bank", "${river} bank", "<!-- river --> bank", "bank",
    ]  # fmt: skip


def many(count: int) -> list[str]:
    """Return so many short texts."""
    return [words(place) for place in range(count)]


def alike(words: int) -> list[str]:
    """Return four texts of so many words: one, and others with other words at the start, in the middle, at the end."""
    return [_long(place, words) for place in range(4)]


def numbers(place: int) -> str:
    """Return a short text that differs from others in its numbers alone."""
    return f"Flight {100 + 7 * place} leaves from gate {place % 40} on day {place % 9}."


def unicode(place: int) -> str:
    """Return a text beyond ASCII: scripts, composed and decomposed letters, signs of several code points, all mixed."""
    base, (first, middle, last) = _twins(place, _number(place // 80) if place >= 80 else "")
    parts = [_SCRIPTS[(base + 7 * at) % 20] for at in range(1 + 3 * (base % 2 == 0))]
    return " ".join(one for one in (first, *parts[:2], middle, *parts[2:], last) if one)


def white_space(place: int) -> str:
    """Return a text of several lines, with tabs, blank lines and spaces between and around them."""
    base, parts = _twins(place, _number(place // 80))
    forms = ("  {0}\t{1}\r\n\r\n{2}  \n", "{0}\n{1}\n{2}", "{0}\t{1} {2}\n", "\n\n{0} {1}\r\n{2}", "{0}  {1} {2} ")
    return forms[base % 5].format(*parts)


def signs(place: int) -> str:
    """Return a text with quotes, slashes, markup, numbers and other signs between its words."""
    base, parts = _twins(place, _number(place // 80))
    forms = (
        "\"{0}\" & <b>{1}</b>: C:\\{0}\\{1}, 3.14%?! {{{{x}}}} + #7 '{2}'.",
        "{0} {0} {1}; {2}?",
        "https://example.org/{0}?q={1}%20{2}&n=1",
        "The {0}'s {1}, {2}.",
        "<{0}>{1}</{0}>{2}",
        '{{"{0}": ["{1}", 42, null], "{2}": "\\u0041"}}',
    )
    return forms[base % 6].format(*parts)


def short(place: int) -> str:
    """Return a text of a few letters."""
    first, rank = _SHORT[place % len(_SHORT)], place // len(_SHORT)
    return (f"{first}{rank or ''}", f"{first} {rank}")[rank % 2]


def tokens(place: int) -> list[int]:
    """Return the token ids of a text."""
    start = place % len(_TOKENS)
    return [*(_TOKENS[(start + at * (1 + place // 15)) % 15] for at in range(1 + place % 6)), 1 + place % 5000]


def mixed(place: int) -> str:
    """Return texts of all kinds, one after another: short ones beside long ones."""
    kind, place = of_mixed(place)
    text: str = KINDS[kind](place)
    return text


def of_mixed(place: int) -> tuple[str, int]:
    """Return the kind of the mixed text at a place, and its place among those of the kind."""
    return _MIXED[place % len(_MIXED)], place // len(_MIXED)


KINDS: dict[str, Callable[[int], Any]] = {
    "sentence": sentence,
    "words": words,
    "mixed": mixed,
    "variants": variant,
    "long": long,
    "unicode": unicode,
    "white space": white_space,
    "signs": signs,
    "short": short,
    "numbers": numbers,
    "tokens": tokens,
}
"""Functions from a place to an input, by the kind of input."""

_MIXED = (
    "words",
    "long",
    "unicode",
    "signs",
    "sentence",
    "short",
    "white space",
    "variants",
    "unicode",
    "signs",
    "numbers",
)


def _twins(place: int, more: str) -> tuple[int, list[str]]:
    """Return the number of a group of four texts, and three words for the text at a place, `more` after the second.

    In a group the texts differ in one word: in its first letter in the first word of a text, in its last letter in the
    last one, so that whoever cuts a letter off makes two texts the same.
    """
    base, which = divmod(place, 4)
    first, middle, last = _FIRST[base % 5], _NOUNS[(base + 7) % 20], _LAST[base % 6]
    words = [first[which == 1], _TAIL[(base + 3) % 10] if which == 2 else middle, last[which == 3]]
    words[1] = f"{words[1]} {more}".rstrip()
    return base, words


def _number(value: int) -> str:
    """Return a number in words that every tokenizer reads."""
    digits = []
    while True:
        value, digit = divmod(value, 20)
        digits.append(_NOUNS[digit])
        if not value:
            return " ".join(reversed(digits))
