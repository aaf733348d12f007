"""Everything about generating the client from the contract. Imports `spec`; nothing of `spec` imports it.

In the order in which `generate.py` uses them:

- `workarounds`: the contract → the generator's input, by the overlays in `generator-workarounds` and their rules
- `generator_schemas`: schemas in the generator's form, for `workarounds`
- `schema_names`: the names of generated classes, for `workarounds`
- `generator`: the generator's input → a verified package
- `stock_templates`: the generator's own templates must be those that ours were written against
- `tools`: running the generator, ruff, mypy and Python, and their versions
- `verification`: every operation has its module, everything imports, the types are right
- `drift`: what differs between what would be generated and what is there
- `installation`: the new package in the place of the old one
"""
