"""The reference mock: OpenRouter's embeddings API on a laptop, from the contract read as data."""
