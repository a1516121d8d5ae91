"""The bench of kpi."""
