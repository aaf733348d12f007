"""`python -m openrouter_mock`: the same as the command `openrouter-mock`."""

from openrouter_mock.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
