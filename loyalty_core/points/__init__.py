"""Points as lots: pending, available, owed, spent oldest expiry first, expired."""
