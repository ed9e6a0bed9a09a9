"""Nodes as a newcomer may write them, each with one mistake. ``test_mistakes.py`` names what each author must read.

`centre.Centre` is the correct node that all others but the models are made from.
"""
