"""What Locust is given: it puts the folder of this file on the path of modules, so nothing else is here."""

from openrouter_conformance.soak.users import EmbeddingsUser

__all__ = ["EmbeddingsUser"]
