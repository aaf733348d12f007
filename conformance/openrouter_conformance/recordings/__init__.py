"""Exchanges that were recorded elsewhere, and what can be said of a server by them alone.

- `files`: paths → recorded calls, whatever the recorder: HAR, VCR cassettes in YAML or JSON, stubs, `results.jsonl`
- `calls`: one recorded call, in the recorder's words → a `RecordedCall`
- `stubs`: what mock servers and API clients write, in words that `calls` knows
- `results`: the exchanges in a `results.jsonl`
- `exchanges`: recorded calls of one server → the exchanges that the checks know
- `judging`: exchanges → the records of a run; what they cannot decide is *not seen*
- `archive`: the other way round: the exchanges of a run → a HAR file
"""
