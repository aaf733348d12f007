"""A document: load, walk, slice, normalize, correct, order, lock. Nobody outside `scripts` imports this."""
