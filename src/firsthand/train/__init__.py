"""Recipes: data in, Model out. The only home of torch.

Nothing is loaded here; `pip install firsthand[train]` brings what recipes need.
"""
