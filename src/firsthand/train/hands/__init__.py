"""How the bundled hand models are made: synthetic and real samples, two networks, recipes."""
