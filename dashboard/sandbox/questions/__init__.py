"""What a strategist asks further of a finished what-if: each question a short form and its answer."""
