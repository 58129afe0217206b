"""The draws of :mod:`sim.random` inside Numba kernels, and the distributions shaped from them.

Uniforms agree bit for bit with :func:`sim.random.uniforms`. Shaped draws are made by these kernels alone,
for arrays too, because NumPy's vectorised logarithm and the C library's may differ in the last bit.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.random import GOLDEN, MIX_1, MIX_2, TO_UNIT

_G = np.uint64(GOLDEN)
_M1 = np.uint64(MIX_1)
_M2 = np.uint64(MIX_2)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_ONE = np.uint64(1)

# Wichura 1988, algorithm AS 241 (PPND16), doi 10.2307/2347330: relative accuracy about 1e-16.
_A = (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
      4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3)
_B = (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
      2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3)
_C = (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
      1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4)
_D = (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9)
_E = (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
      2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7)
_F = (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15)
_CENTRE = 0.425
_SPLIT = 0.180625
_TAIL = 5.0
_SHIFT = 1.6


@njit(cache=True, inline="always")
def _mix(z: np.uint64) -> np.uint64:
    z = (z ^ (z >> _S30)) * _M1
    z = (z ^ (z >> _S27)) * _M2
    return z ^ (z >> _S31)


@njit(cache=True)
def u01(key: np.uint64, entity: int, k: int) -> float:
    """Return one draw in [0, 1); the same as :func:`sim.random.uniforms`."""
    z = _mix(key + _G * (np.uint64(entity) + _ONE))
    return float(_mix(z + _G * (np.uint64(k) + _ONE)) >> _S11) * TO_UNIT


@njit(cache=True)
def _ratio(p: tuple[float, ...], q: tuple[float, ...], r: float) -> float:
    top = 0.0
    bottom = 0.0
    for i in range(7, -1, -1):
        top = top * r + p[i]
        bottom = bottom * r + q[i]
    return top / bottom


@njit(cache=True)
def normal_quantile(p: float) -> float:
    """Return the standard normal quantile of p in (0, 1); Wichura 1988, AS 241."""
    q = p - 0.5
    if abs(q) <= _CENTRE:
        return q * _ratio(_A, _B, _SPLIT - q * q)
    tail = p if q < 0 else 1.0 - p
    r = math.sqrt(-math.log(tail))
    value = _ratio(_C, _D, r - _SHIFT) if r <= _TAIL else _ratio(_E, _F, r - _TAIL)
    return -value if q < 0 else value


@njit(cache=True)
def normal(key: np.uint64, entity: int, k: int) -> float:
    """Return one standard normal draw."""
    return normal_quantile(max(u01(key, entity, k), TO_UNIT))


@njit(cache=True)
def lognormal(key: np.uint64, entity: int, k: int, median: float, sigma: float) -> float:
    """Return one lognormal draw with the given median and log standard deviation."""
    if sigma == 0.0:
        return median
    return median * math.exp(sigma * normal(key, entity, k))


@njit(cache=True)
def lognormals(key: np.uint64, entity: NDArray[np.integer], k: int, median: float, sigma: float,
               out: NDArray[np.float64]) -> None:
    """Fill ``out`` (n,) with a lognormal draw for each entity (n,)."""
    for i in range(len(entity)):
        out[i] = lognormal(key, entity[i], k, median, sigma)
