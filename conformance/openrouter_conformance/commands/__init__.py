"""The commands of `openrouter-conformance`: `add_to(commands)` declares the options of one, and how it is run.

- `checking`: `run`, which checks a server; `selecting`: by which requirements
- `replaying`: `replay`, which checks recorded exchanges
- `soaking`: `soak`, which checks a server under load
- `reporting`: `report`, views of a run that is over; `differing`: `diff`, what changed between two;
  `merging`: `merge`, the shards of one
- `listing`: `requirements` and `explain`
- `arguments`: values of options that several commands take; `output`: what they write

What only one command needs is imported when it runs.
"""
