"""Which rows are meant, as numpy arrays of yes and no."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def to_mask(condition: Any) -> Mask:
    """Turn an Arrow condition into a mask; missing counts as false."""
    mask: Mask = pc.fill_null(condition, False).to_numpy(zero_copy_only=False)
    return mask
