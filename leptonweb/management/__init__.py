"""Commands that put the whole product together."""
