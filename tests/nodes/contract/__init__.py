"""The promises of a node as checks: each takes a node class and raises `Broken` with a sentence when one does not hold.

``test_contract.py`` and ``test_model_contract.py`` hold every registered node to them, plug-ins included;
``test_mistakes.py`` holds the checks to a collection of broken nodes.
"""
