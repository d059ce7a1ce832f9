"""The steps of copy-move search: points, matches, transforms, correlation maps, and which side is the copy."""
