"""The public door: webhooks in, the mesh API, and nothing that thinks."""
