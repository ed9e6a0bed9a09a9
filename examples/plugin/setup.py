"""Clears the folder ``build``; everything else stands in ``pyproject.toml``.

Setuptools copies the modules there and leaves them: one that was removed since would stay in the wheel.
"""

import shutil

from setuptools import setup

shutil.rmtree("build", ignore_errors=True)
setup()
