"""Bodies that are sent as multipart/form-data."""

import json

from ._model import JsonModel
from ._request import validate_body


def encode_multipart(body: JsonModel, body_type: type[JsonModel]) -> dict[str, tuple[str | None, bytes]]:
    """Return the fields of a form as (file name or None, content): bytes as files, texts as they are, the rest as JSON.

    Raises:
        TypeError, ValueError: a field of the body is wrong; the message names it."""
    fields: dict[str, tuple[str | None, bytes]] = {}
    for name, value in validate_body(body, body_type).items():
        if isinstance(value, bytes):
            fields[name] = (name, value)
        else:
            fields[name] = (None, (value if isinstance(value, str) else json.dumps(value)).encode())
    return fields
