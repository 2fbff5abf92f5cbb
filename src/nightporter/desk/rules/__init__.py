"""What a guest's words mean by rule, not by chance: emergencies, stop words, closing words, and their like.

Phrases of all languages stand in the toml files beside this page; `phrases.py` says how they are written.
"""
