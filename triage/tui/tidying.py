"""Python's search for garbage, kept away from what stays: else it stops the screen.

A full search looks at every object there is. With the answer of a large log and all of Textual
loaded that takes 50 to 300 ms, about once in 20 keys. What is there once and stays is set aside, so
that each search looks only at what came since.
"""

from __future__ import annotations

import gc


def set_aside() -> None:
    """Look no more at what is there now. Whatever of it dies in a circle is not freed.

    So this is for moments after something large was loaded that stays: never for those at which a
    screen comes or goes.
    """
    gc.freeze()


def take_back() -> None:
    """Look at everything again: the interpreter ends soon, or goes on with other things."""
    gc.unfreeze()
