"""Past one machine: a folder of tables, a part a task, on the workers of a Dask cluster.

Each part gives one result of the same name, byte for byte what `petition classify` makes
of that part alone. A result appears whole or not at all, so that whatever dies (a worker,
the driver, the network) the next run does only the parts without a result. Workers load
the model once and must have the same version and model as the driver.

`tasks` plans, `worker` works, `driver` hands out and collects. Dask is an extra and is
imported only within the functions that need it. Inputs and results may lie wherever fsspec
leads: a folder that all machines share, or `s3://…`.
"""
