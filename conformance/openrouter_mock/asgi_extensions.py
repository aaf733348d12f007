"""What the mock's HTTP connection tells the application beyond ASGI."""

TRANSPORT = "openrouter_mock.transport"
"""The ASGI extension under which the `asyncio.Transport` of a request's connection is found."""
