"""What the nemesis can do: each module gives its faults by name, those that are possible on this machine."""
