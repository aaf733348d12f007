"""The right vector in the right place: held against each other over the whole run (see `oracle.relations`)."""
