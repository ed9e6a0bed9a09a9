"""What a node signs: values on wires, parameters, steps, and the node class itself."""
