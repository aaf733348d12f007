"""The requests in which the oracle sees the service: contexts chosen by a covering array, filled with texts.

- `factors`: the sides of a request and their levels, as data
- `texts`: the texts that are sent, of several classes and lengths, with differences at known places
- `plan`: from the levels that a target supports to requests, in the order in which they are sent
"""
