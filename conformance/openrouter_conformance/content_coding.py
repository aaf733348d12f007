"""The body of an answer, decompressed piece by piece below a ceiling."""

from __future__ import annotations

import zlib

from openrouter_conformance.foreign_text import shortened

ACCEPTED = "gzip, deflate"
"""The value of `Accept-Encoding` that is sent: what is decoded here."""

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_GZIP_MAGIC = b"\x1f\x8b"


class CodingError(Exception):
    """The body cannot be decoded: the message is a phrase."""


class TooLongError(Exception):
    """The body passes the ceiling once it is decoded."""


class Body:
    """Collects a body.

    Args:
        content_encoding: the value of the header, empty where there is none.
        max_bytes: what the decoded body has at most.

    """

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        named = [name for part in content_encoding.split(",") if (name := part.strip().lower())]
        self._codings = [name for name in named if name != "identity"]
        self._max_bytes = max_bytes
        self._pieces: list[bytes] = []
        self._length = 0
        self._decoder: zlib._Decompress | None = None

    @property
    def is_compressed(self) -> bool:
        """Whether the header names a coding."""
        return bool(self._codings)

    def add(self, piece: bytes) -> None:
        """Add the next bytes as they were sent.

        Raises:
            CodingError: they are not what the header says, or it names more than one coding or one that is unknown.
            TooLongError: the body is too long.

        """
        if not piece:
            return
        if not self._codings:
            self._keep(piece)
            return
        if len(self._codings) > 1 or self._codings[0] not in _WINDOWS:
            found = shortened(", ".join(self._codings))
            raise CodingError(f"a body with the Content-Encoding {found}, where {ACCEPTED} or none was asked for")
        while piece:
            piece = self._decode(piece)

    def whole(self) -> bytes:
        """Return the body; CodingError when it is cut short."""
        if self._decoder is not None and not self._decoder.eof:
            raise _undecodable(f"the {self._codings[0]} stream is cut short")
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)

    def _keep(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length > self._max_bytes:
            raise TooLongError
        self._pieces.append(piece)

    def _decode(self, piece: bytes) -> bytes:
        """Decode `piece` and return what is left of it: the beginning of another gzip member."""
        coding = self._codings[0]
        if self._decoder is not None and self._decoder.eof:
            if coding == "deflate" or not piece.startswith(_GZIP_MAGIC[: len(piece)]):
                raise _undecodable(f"more bytes after the end of the {coding} stream")
            self._decoder = None
        longest = self._max_bytes - self._length + 1
        try:
            if self._decoder is None:
                self._decoder = zlib.decompressobj(_WINDOWS[coding])
                try:
                    decoded = self._decoder.decompress(piece, longest)
                except zlib.error:
                    if coding != "deflate":
                        raise
                    self._decoder = zlib.decompressobj(-zlib.MAX_WBITS)  # some servers leave out zlib's header
                    decoded = self._decoder.decompress(piece, longest)
            else:
                decoded = self._decoder.decompress(piece, longest)
        except zlib.error as error:
            raise _undecodable(str(error)) from None
        if decoded:
            self._keep(decoded)
        return self._decoder.unused_data


def _undecodable(reason: str) -> CodingError:
    return CodingError(f"a body that its Content-Encoding does not decode: {reason}")
