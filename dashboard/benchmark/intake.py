"""The bench of intake."""
