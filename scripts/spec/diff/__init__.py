"""Two pins → what changed on the wire, for whom it breaks, and a witness for each change.

In the order in which a comparison passes through them:

- `revisions`: a file or a git revision → the bytes of a document
- `readings`: the schemas of a document as a sender keeps to them: references replaced, nothing undeclared
- `parts`: an operation → its parts, each a schema: bodies, parameters, statuses, keys, servers
- `edits`: two schemas → the edits between them, each at the smallest place that differs
- `alternatives`: the types and branches of a schema, and which of two schemas' correspond
- `lifting`: a value at one place → the whole message around it
- `decide`: whether one schema accepts what another refuses: algebra, then a search
- `instances`: small values of a schema, for that search
- `kinds`: the table of kinds of changes: severity, version, oasdiff's id
- `compare`: two pins → changes, worst first
- `accepted`: reviewed breaking changes, which expire
- `sentences`: what is said of a change, without markup
- `versions`: the package's next version, and its changelog entry
- `render`: text, Markdown, JSON
- `history`: documents of several dates → a page of their changes
"""
