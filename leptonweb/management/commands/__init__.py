"""``manage.py up``."""
