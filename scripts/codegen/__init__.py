"""Everything about generating the client from the contract. Imports `spec`; nothing of `spec` imports it.

In the order in which `generate.py` uses them:

- `generator_input`: the contract → the generator's input, by the overlays in `generator-workarounds`
- `workaround_rules`: the rules that these overlays name by `x-rule`
- `generator_schemas`: schemas in the form that the generator reads, for `workaround_rules`
- `schema_names`: the names of generated classes, for `workaround_rules`
- `generator`: the generator's input → a verified package
- `stock_templates`: the generator's own templates must be those that ours were written against
- `tools`: running the generator, ruff, mypy and Python, and their versions
- `verification`: every operation has its module, everything imports, the types are right
- `drift`: what differs between what would be generated and what is there
- `replace_package`: the new package in the place of the old one
"""
