"""The simulator: a whole node under a virtual clock, crashed and confused by a seed, judged from the outside."""
