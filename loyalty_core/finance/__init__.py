"""What points are worth and owe."""
