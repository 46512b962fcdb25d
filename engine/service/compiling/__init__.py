"""Compiling for whoever looks, in processes under the limits and the policy of runs."""
