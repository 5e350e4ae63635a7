"""Recipes of speech representations: triplets, distillation from teachers, fine-tuning."""
