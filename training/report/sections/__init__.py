"""A report's sections, one module each: numbers, then a sentence that they decide, then a plot.

A module's `section` takes the material and gives the section, or None where the material lacks what it needs.
"""
