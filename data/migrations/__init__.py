"""The registry's schema, step by step (Alembic); applied whenever a workspace is opened."""
