"""The programme document: every promise of a programme, declared, validated and versioned."""
