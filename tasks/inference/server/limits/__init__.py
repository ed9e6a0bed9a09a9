"""Who may ask, how often, how much at once, and how long a request waits."""
