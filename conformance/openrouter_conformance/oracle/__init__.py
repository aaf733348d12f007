"""The oracle: the service is one function, so whatever a run observes of it must agree.

What a vector may depend on is the model, the input, `dimensions` and `input_type`. Everything else about a request is
context, and must not show: how the request was spelled, where in a batch an input stood, which requests came before.

- `context`: what one input of a request asks the function for, and everything else about the request
- `spelling`: one JSON value, written in different ways that all mean the same
- `table`: what a run observes: vectors, token counts, costs, statuses, names, entries and pages of the model list
- `factors`: the sides of a context, and the requirement that says that each must not show
- `contradictions`: observations that cannot both be right, each blamed on the fewest factors
- `linear_system`: sums of unknown numbers, and what they imply for each other
- `laws`: what holds for most inputs of a target, and so must hold for all: lengths, input types, providers
- `relations`: from a run's observations to failures of requirements, a module for each kind of observation
- `minimal_pairs`: asks again until two requests differ in one factor
"""
