"""Neighbours, kernels and Gaussian processes."""
