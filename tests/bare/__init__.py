"""LeptonWeb on a bare machine: a Debian root with python3, python3-venv, git and make, and nothing else."""
