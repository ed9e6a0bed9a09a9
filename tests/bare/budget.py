"""What the base install may take on a bare machine: the one place of these numbers, which README repeats in words."""

from __future__ import annotations

ENVIRONMENT_MIB = 2000
"""The Python environment after `make run`, with torch's build for the CPU."""
NODE_MODULES_MIB = 450
"""What the page is built with."""
TOTAL_MIB = 2600
"""The whole folder: a clone, both of the above, the built page."""
FIRST_START_MINUTES = 15.0
"""`make run` in a clean clone until the address is printed, on two cores with packages from near by."""
SECOND_START_SECONDS = 60.0
"""`make run` again until the address is printed."""
LONGEST_SILENCE_SECONDS = 30.0
"""Between two lines that `make run` prints while it installs and builds."""
CUDA_FOLDERS = ("nvidia", "nvidia_*", "triton")
"""Packages that come with torch's build for GPUs: 2.9 GB, which are not part of the sizes above."""
