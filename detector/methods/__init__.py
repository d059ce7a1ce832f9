"""One file, one method, one publication; every one answers in the shape of ``detector.types``."""
