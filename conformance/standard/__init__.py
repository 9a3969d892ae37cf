"""The requirements as data: a TOML file a group. `conformance.catalogue` reads them."""
