"""Table models: recipes, their data, estimators, and what is published of them."""
