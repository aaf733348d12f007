"""Load on a target, by Locust, with every answer compared.

- `plan`: what a soak is to do, as the command hands it to Locust's processes
- `users`: what Locust runs, by way of `entry/locustfile.py`: users that ask again what was asked
- `allotment`: ceilings for all processes together, which the master gives out in parts
- `comparison`: each answer beside the first one to the same request; the oracle looks at those that differ
- `outcome`: what the processes found out → the records of a run
"""
