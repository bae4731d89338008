"""Many bundles, one store of results, one answer for the fleet.

`job.scan_bundle` scans one bundle and writes its results; an engine (`local`, `on_ray`) runs it for
many; `store` knows what is there already; `fleet` reads it all back and judges across bundles.
"""
