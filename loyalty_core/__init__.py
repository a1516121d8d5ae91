"""The model of a membership programme: rules, ledger, lifecycle, tiers and metrics as pure functions."""
