"""Where facts live: intake, the lake of fact tables, the registry of what people decide."""
