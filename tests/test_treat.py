import math

import numpy as np
import pytest

from equindex import treat
from equindex.errors import DomainError, MethodError

CASES = [
    ("log", {}, [1, math.e, 100], [0, 1, 4.605170185988092], "by hand"),
    ("sqrt", {}, [0, 2.25, 9], [0, 1.5, 3], "by hand"),
    ("logit", {}, [50, 80, 20], [0, math.log(4), -math.log(4)], "by hand"),
    ("logit", {"top": 1}, [0.5, 0.8], [0, math.log(4)], "by hand"),
]


@pytest.mark.parametrize(("name", "options", "x", "expected", "_source"), CASES)
def test_cases(name, options, x, expected, _source):
    y = treat.transforms.get(name).function(np.array(x)[:, None], **options)

    np.testing.assert_allclose(y[:, 0], expected, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize(
    ("name", "bad", "shown"),
    [
        ("log", 0.0, "0"),
        ("log", -1.0, "-1"),
        ("log", np.inf, "inf"),
        ("sqrt", -0.25, "-0.25"),
        ("logit", 0.0, "0"),
        ("logit", 100.0, "100"),
        ("logit", 101.0, "101"),
    ],
)
def test_values_outside_the_domain_are_refused_with_their_place(name, bad, shown):
    x = np.array([[50.0, np.nan], [50.0, bad]])

    with pytest.raises(
        DomainError, match=rf"1 of 3 is not \(first: {shown} at position \(1, 1\)\)"
    ) as caught:
        treat.transforms.get(name).function(x)

    assert caught.value.positions == ((1, 1),)


def test_logit_needs_a_positive_whole():
    with pytest.raises(MethodError, match="top above 0"):
        treat.logit([[0.5]], top=0)
