"""Optional extension modules, built where a compiler is there; nothing needs them."""
