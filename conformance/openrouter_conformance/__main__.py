"""`python -m openrouter_conformance`: the same as the command `openrouter-conformance`."""

from openrouter_conformance.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
