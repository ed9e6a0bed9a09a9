"""Database backends that may lie about commits."""
