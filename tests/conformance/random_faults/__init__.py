"""Random faults of the mock, made by mutating its source: how many of those that nobody wrote does the suite catch?

- `fault`: what a random fault is, and how it is put in place of the mock's source
- `ast_faults`: one small change of the source at a random place
- `context_faults`: a wrong result of one stage in a random context, such as long texts in base64
- `differential`: many requests, and what one mock answers to them
- `comparison`: whether the answers of two mocks differ for a caller
- `worker`: what is done with one fault in a process of its own
- `__main__`: draws, runs and reports
"""
