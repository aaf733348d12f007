"""One document → the traps in it, each with a value that falls into it.

A trap is looked for after the document's dialect has been read, and before branches and examples are dropped: what is
left in the pin has lost most of them.

- `decoding`: the dialects of schemas → JSON Schema, with examples, defaults and branches as they are
- `findings`: a finding, the kinds of findings, and the document that rules look at
- `schema_rules`: rules of schemas: branches, enumerations, defaults, examples, discriminators
- `operation_rules`: rules of operations: errors, keys, examples of bodies and parameters
- `lint_document`: a document → its findings, worst first
"""
