"""What came in: deliveries as raw bytes, the entries read from them, and the people they belong to."""
