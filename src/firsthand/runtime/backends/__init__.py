"""Inference back ends, each imported only when a model is loaded on it."""
