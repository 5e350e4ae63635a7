"""Oriented boxes of objects: made-up lessons with exact truth, and the network that learns them."""
