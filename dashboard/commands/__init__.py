"""One module per command of `loyalty`."""
