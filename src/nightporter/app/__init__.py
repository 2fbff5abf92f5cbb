"""Joins the parts; the only package that knows every concrete class."""
