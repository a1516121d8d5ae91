"""True sentences about the facts, and the rows of which they are not true."""
