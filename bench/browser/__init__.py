"""A browser that is driven and watched, for the page's own measurements."""
