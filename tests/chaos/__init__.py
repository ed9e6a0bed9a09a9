"""Proof that no run is lost: the real processes, faults by a seed, and checks of what must hold whatever happened."""
