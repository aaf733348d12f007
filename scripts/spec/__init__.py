"""Everything about a document, from upstream to the contract. Imports nothing of `codegen`.

From a published document to the pin, in the order in which `pin` calls them:

- `pin`: a published document → the pin, the whole way in one function
- `source`: a file or an https address → bytes, read within limits
- `load`: bytes → a tree of plain values; JSON is read here
- `yaml_reader`: YAML 1.2 → a tree, for `load`
- `operations`: listing operations, and finding those to keep under any name upstream gave them
- `slicing`: cutting a document down to operations and the components that they reach
- `normalize_document`: OpenAPI 3.0, 3.1 or the documentation site's rendering → plain OpenAPI 3.1, without prose
- `normalize_schema`: their schemas → JSON Schema 2020-12, with the keywords that `json_schema` keeps
- `nullable`: OpenAPI 3.0's `nullable` → null among the types, for `normalize_schema`
- `canonical`: one order, one spelling, digests
- `limits`: refusing slices that are larger than any published one by far
- `safe_names`: refusing names that could do harm in files, code or a shell
- `generatable`: refusing what no whole client can be generated from; both commands ask

From the pin to the contract:

- `contract`: the pin, corrected and documented → the contract
- `inline_refs`: references replaced by what they name, so that overlays find what they aim at
- `overlay_files`: overlay files → actions
- `overlays`: actions applied to a document, and the refusal of those without effect
- `correction_rules`: the rules that corrections name by `x-rule`

What these stand on:

- `openapi_objects`: where objects stand in a document, and the one walk over them
- `references`: what refers to what, and what is reached
- `json_schema`: types of schemas, and rewritings that keep their meaning
- `tree`: copying and addressing trees of plain values
- `errors`: `InputError`, the one exception that commands show

From two pins to what changed:

- `diff`: every change on the wire, who is affected, and a witness; a package with a map of its own

From one document to what is wrong with it:

- `lint`: traps and contradictions, each with a value that shows it; a package with a map of its own

Beside them:

- `lock`: `openapi.lock.json`
- `files`: writing files together or not at all, listing and digesting them
"""
