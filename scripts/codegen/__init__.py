"""Making the client from the contract: the generator's schemas, templates, the generator, verification."""
