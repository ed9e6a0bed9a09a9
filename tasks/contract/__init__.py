"""What a node signs: values on edges, parameters, transforms, and the node class itself."""
