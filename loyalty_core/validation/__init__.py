"""What a programme document promises and cannot keep, and how it can be abused."""
