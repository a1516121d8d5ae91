"""An imported ledger held against the declared programme."""
