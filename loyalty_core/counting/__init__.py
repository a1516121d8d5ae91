"""Period facts: what happened in a period, counted by slice."""
