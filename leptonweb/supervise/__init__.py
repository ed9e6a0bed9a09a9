"""What ``manage.py up`` is made of: the data folder, the bundled Redis, the processes and their supervision.

No numerical library is imported here: the supervisor lives as long as the product runs and stays small.
"""
