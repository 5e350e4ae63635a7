"""How the concealer's networks are trained: `firsthand train concealment`."""
