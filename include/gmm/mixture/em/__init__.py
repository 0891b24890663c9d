"""Expectation-maximisation: the kernels, the M-step, its acceleration and its climb."""
