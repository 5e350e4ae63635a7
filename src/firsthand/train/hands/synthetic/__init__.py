"""Hands that were never photographed: skinned meshes, posed, lit and drawn with exact truth."""
