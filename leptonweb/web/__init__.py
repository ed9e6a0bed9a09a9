"""The web process: daphne with the limits it lacks. ``python -m leptonweb.web`` starts it."""
