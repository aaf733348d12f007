"""A loopback server that answers embeddings requests with ready-made bodies, so that the client is what is measured.

Run as a process of its own: it prints its base URL on one line and serves until it is terminated. `--delay SECONDS`
makes each answer take so long. The body for (count,
encoding) is made once: `count` vectors of 1536 numbers, as JSON floats or as base64.
"""

import argparse
import asyncio
import base64
import functools
import json
import random
from array import array

DIMENSIONS = 1536


@functools.cache
def ready_made(count: int, encoding: str) -> bytes:
    """Return a whole HTTP response with `count` vectors."""
    numbers = random.Random(1)
    data = []
    for index in range(count):
        vector = array("f", (numbers.gauss(0, 0.025) for _ in range(DIMENSIONS)))
        written = base64.b64encode(vector.tobytes()).decode() if encoding == "base64" else vector.tolist()
        data.append({"object": "embedding", "embedding": written, "index": index})
    body = json.dumps(
        {
            "object": "list",
            "data": data,
            "model": "text-embedding-3-small",
            "usage": {"prompt_tokens": count, "total_tokens": count, "cost": 2e-08 * count},
            "provider": "OpenAI",
            "id": "gen-emb-1786404432-aaaaaaaaaaaaaaaaaaaa",
        },
        separators=(",", ":"),
    ).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Answer the requests of one connection until it ends, each after so many seconds."""
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
            request = json.loads(await reader.readexactly(length))
            texts = request["input"]
            count = len(texts) if isinstance(texts, list) else 1
            await asyncio.sleep(delay)
            writer.write(ready_made(count, request.get("encoding_format", "float")))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    """Serve on a free port."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    delay = parser.parse_args().delay
    connected = functools.partial(answer, delay=delay)
    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/api/v1", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
