"""Where members stand under a programme, moved on by what they do: live, replayed and simulated."""
