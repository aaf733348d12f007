"""The commands of `openrouter-conformance`: `add_to(commands)` declares the options of one, and how it is run.

- `checking`: `run`, which checks a server
- `replaying`: `replay`, which checks recorded exchanges
- `soaking`: `soak`, which checks a server under load
- `listing`: `requirements` and `explain`
- `arguments`: values of options that several commands take; `output`: what they write

What only one command needs is imported when it runs.
"""
