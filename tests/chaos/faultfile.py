"""Where `tests.chaos.sabotage` reads what to do."""

FILE = "sabotage.json"
