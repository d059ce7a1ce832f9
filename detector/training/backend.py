"""TensorFlow and Keras, imported without the start-up lines that they write past Python's own streams.

Those lines speak of graphics cards that this program does not look for; they would stand between the progress bars.
What TensorFlow says later, errors above all, is shown.
"""

from __future__ import annotations

import os

from detector.quiet import quiet_stderr

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
with quiet_stderr():
    import keras
    import tensorflow as tf

    tf.config.list_physical_devices()  # which looks for graphics cards, and says so

__all__ = ["keras", "tf"]
