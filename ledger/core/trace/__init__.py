"""trace/1: a robust fingerprint of an image, and the comparison of a disputed copy with it.

``cells`` makes what is kept, ``blob`` its stored form, ``codes`` what look-alikes are searched by; ``sampling``,
``tone`` and ``aligning`` bring a disputed picture onto the registered cells, ``noise`` says how far it may differ
there by chance, ``regions`` what is left: the changed regions. ``comparing`` does all of it. Importing this package is
cheap; numpy and OpenCV come with its modules.
"""
