"""The sandbox: what is changed, the run, and what it found."""
