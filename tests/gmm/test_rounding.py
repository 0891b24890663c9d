"""Numbers shortened to what is shown."""

import numpy as np

from include.gmm.rounding import significant


def test_digits_count_from_the_first_that_is_not_zero() -> None:
    assert significant(np.array([123456.7, -0.0000123456, 0.0]), 3) == [123000.0, -1.23e-05, 0.0]


def test_the_shape_stays() -> None:
    numbers = np.arange(12).reshape(2, 3, 2) / 7
    rounded = significant(numbers, 9)
    np.testing.assert_allclose(rounded, numbers, rtol=1e-8)
    assert len(rounded) == 2
    assert len(rounded[0]) == 3
