"""The flaws that the mock can have, one module per kind."""
