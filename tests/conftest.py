"""Before any test: compiled kernels are kept by the state of the source, as the command line keeps them."""

from sim.kernel_cache import use_own_cache

use_own_cache()
