"""The bench of simulate."""
