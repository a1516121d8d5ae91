"""The dictionary: every number of the product, declared once over period facts."""
