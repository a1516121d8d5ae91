"""Next best actions: which members to turn to, why, with what, and what it may bring."""
