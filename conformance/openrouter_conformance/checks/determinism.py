"""The same question, the same answer: held against each other over the whole run (see `oracle.relations`)."""
