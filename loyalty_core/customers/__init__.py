"""Customer-base models: how often members buy, whether they are still there, how much they spend."""
