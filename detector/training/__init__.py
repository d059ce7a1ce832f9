"""Training. The only place, with ``detector.training`` below it, that imports TensorFlow."""
