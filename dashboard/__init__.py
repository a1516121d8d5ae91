"""Everything a person sees: pages, charts, exports and the command line."""
