"""The version of the product, for setup.cfg and for what we write into files and descriptions."""

VERSION = "0.1.0"
