"""What a node signs: values on wires, parameters, transforms, and the node class itself."""
