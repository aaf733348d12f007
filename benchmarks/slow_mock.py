"""The mock with pauses: `python benchmarks/slow_mock.py PORT KEY SECONDS EVERY` pauses before each EVERYth answer.

Serves until it is terminated. Writes a line of JSON per request to standard output: when it came and when it was
answered, in seconds on the monotonic clock.
"""

import asyncio
import itertools
import json
import sys
import time
from typing import Any

import uvicorn

from openrouter_mock.app import create_app
from openrouter_mock.settings import MockSettings


def main() -> None:
    """Serve."""
    port, key, seconds, every = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    mock, calls = create_app(MockSettings(keys=(key,))), itertools.count(1)

    async def slowed(scope: Any, receive: Any, send: Any) -> None:
        came = time.monotonic()
        if next(calls) % every == 0:
            await asyncio.sleep(seconds)
        try:
            await mock(scope, receive, send)
        finally:
            print(json.dumps([came, time.monotonic()]), flush=True)

    uvicorn.run(slowed, port=port, log_level="error", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
