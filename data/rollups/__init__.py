"""Roll-ups of a snapshot: counted when it is published, and what questions about its facts find in them."""
