"""Intake: what every cell of a file becomes on its way to a checked fact, and an account of every row."""
