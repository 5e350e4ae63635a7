"""Drawing what was never photographed: what hands and objects have in common."""
