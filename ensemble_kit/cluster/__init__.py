"""The same work on the machines of dask or Ray."""
