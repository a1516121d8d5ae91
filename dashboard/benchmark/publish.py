"""The bench of publish."""
