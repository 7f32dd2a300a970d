"""How much of what one caller, and all together, may ask for."""
