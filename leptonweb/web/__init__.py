"""The web process: daphne with the limits it lacks. ``python -m leptonweb.web`` starts it.

Daphne and Twisted bound neither the time of a head nor the size of a body, keep what a client does not read, hand a
whole body over in memory and end without letting requests finish, and nothing behind them can, for Django sees a
request when all of it has come. What is here hooks into their classes and is held by ``tests/web`` line by line.
"""
