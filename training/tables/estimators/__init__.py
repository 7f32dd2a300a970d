"""The estimators that a recipe may name: how each is fitted, asked, and written as ONNX nodes."""
