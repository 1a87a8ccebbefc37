"""Do regions come closer: sigma and beta convergence, and how ranks move."""

from equindex.convergence.dispersion import Sigma, sigma
from equindex.convergence.growth import Beta, beta, panel_beta
from equindex.convergence.ranks import Mobility, mobility

__all__ = ["Beta", "Mobility", "Sigma", "beta", "mobility", "panel_beta", "sigma"]
