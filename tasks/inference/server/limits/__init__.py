"""API keys, rate limits, concurrency limits and the queue of requests."""
