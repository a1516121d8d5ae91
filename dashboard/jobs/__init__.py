"""Long work: runs wait in the registry and are worked by a process of their own."""
