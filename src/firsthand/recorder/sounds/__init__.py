"""Which sounds are heard when: scores of overlapping windows, made honest, steady, and events."""
