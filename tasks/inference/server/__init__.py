"""The serving plane: a bare ASGI application that answers predictions. No Django, no pandas, no ORM."""
