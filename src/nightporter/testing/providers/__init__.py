"""Provider fakes: the Cloud API and Spoki as pure cores, and a real server around them."""
