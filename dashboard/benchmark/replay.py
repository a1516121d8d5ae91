"""The bench of replay."""
