"""Between the wire and the model: what a provider posts becomes entries, what must go out becomes requests."""
