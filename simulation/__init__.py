"""The programme tried out before rollout: keyed random streams, behaviour, the calendar, experiments."""
