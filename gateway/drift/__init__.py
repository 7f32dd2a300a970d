"""How far what a version is asked now is from what it was trained on."""
