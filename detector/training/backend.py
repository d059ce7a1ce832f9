"""TensorFlow and Keras, imported without the start-up lines that they write past Python's own streams.

Those lines speak of graphics cards that this program does not look for; they would stand between the progress bars.
What TensorFlow says later, errors above all, is shown.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def _silent() -> Iterator[None]:
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
with _silent():
    import keras
    import tensorflow as tf

    tf.config.list_physical_devices()  # which looks for graphics cards, and says so

__all__ = ["keras", "tf"]
