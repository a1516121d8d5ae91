"""The Import page: what to import, a look before, the run and its account."""
