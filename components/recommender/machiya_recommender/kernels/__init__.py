"""Compiled kernels. They know arrays alone; the modules above them know what these mean."""
