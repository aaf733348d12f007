"""What mends one deviation of the LiteLLM proxy: it knows its keys without a database, and refuses others with 401."""

from __future__ import annotations

import os
import secrets
from typing import Any

from litellm.proxy._types import ProxyException, UserAPIKeyAuth  # type: ignore[import-not-found] # only in its own environment


async def user_api_key_auth(request: Any, api_key: str) -> UserAPIKeyAuth:
    """Let callers with the key of the proxy in."""
    if secrets.compare_digest(api_key, os.environ["PROXY_KEY"]):
        return UserAPIKeyAuth(api_key=api_key)
    raise ProxyException(message="The key is unknown.", type="auth_error", param="key", code=401)
