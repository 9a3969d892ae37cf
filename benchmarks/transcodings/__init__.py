"""Every readable file of the real data in every transfer syntax, beside independent decoders."""
