"""The least that Starlette can do: one route that returns a ready-made body, on the server that the mock runs on.

`python benchmarks/bare_starlette.py FILE PORT` serves the bytes of FILE as the answer to `POST /api/v1/embeddings`.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


def main() -> None:
    """Serve until terminated."""
    body = Path(sys.argv[1]).read_bytes()

    async def answer(_: Request) -> Response:
        return Response(body, media_type="application/json")

    app = Starlette(routes=[Route("/api/v1/embeddings", answer, methods=["POST"])])
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False, lifespan="off", server_header=False)


if __name__ == "__main__":
    main()
