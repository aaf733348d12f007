"""The conformance suite: checks that a server keeps OpenRouter's embeddings contract.

What is checked:

- `operations`: the operations, the only table of them
- `requirements`: what a server must do, as data
- `contract`: the contract as validators
- `fault_table`: which requirement catches which fault of the mock; `explain` reads it

How it is checked:

- `runner`: a plan → records; `verdicts`: all evidence → a result per requirement, one finding for each cause;
  `interruption`: signals end a run, which keeps its records; `replays`: evidence, asked for again
- `survey`: what every run asks; `contexts`: the requests in which it sees the service, by a covering array
- `oracle`: all answers of a run held against each other; where two contradict, in what their requests differ
- `exchange_monitor`: every exchange, given to the checks of single exchanges; `breaches`: what one breaks by itself
- `checks`: one module per facet, what is looked at for one requirement; `checks.registry` knows which checks what
- `session`: what a check is given; `default_model`: the model that is asked for when the user names none;
  `features`: what a target may have or not
- `recorder`: the only way to the target, for any number of threads; it gives up a target that stops answering;
  `exchange` is what it returns
- `admission`: when a request may go: ceilings, rate, concurrency, time; `transport`: one request and its answer within
  one deadline and one ceiling of bytes; `content_coding`: its body, decompressed
- `answers`: successful answers, decoded; `vectors`: their vectors, and when two of them are the same
- `properties`, `strategies`, `hypothesis_settings`: relations that hold for all inputs
- `campaign`, `generated_requests`, `single_breaches`, `sample_requests`, `samples`: what is sent
- `recordings`: exchanges that were recorded elsewhere, and what they say of a server
- `soak`: load by Locust, with every answer compared
- `targets`: where it is sent, with which key, and the ceilings on requests, rate, tokens and dollars; target files
- `profiles`: how many requests are generated; `prices`: what the model list says of cost; `spending`: what a request
  costs at most; `planning`: what a run would use up

What comes out:

- `shards`: which part of a run which machine makes; `merging`: one report of all parts
- `status`: statuses, what fails a run, exit codes; `results`: the result of one requirement, as data
- `known_deviations`: what a target file says of deviations; `expected_failures`: results held against it
- `report`: records, and what is written of them; `excerpts`: bodies and values, short
- `errors`: what a check raises, and who is to blame for it; `redaction`: no key in any of it; `foreign_text`: text of
  a server, made safe to print
- `cli` with its `commands`, `pytest_plugin`: the two ways to run it
"""

from __future__ import annotations


def version() -> str:
    """Return the version of the distribution, or `0+unknown` when it is run without being installed."""
    from importlib import metadata  # noqa: PLC0415 - slow to import, seldom needed

    try:
        return metadata.version("openrouter-embeddings")
    except metadata.PackageNotFoundError:
        return "0+unknown"
