"""The training loop, hooks, schedules, checkpoints."""
