"""Fakes of the outside world, shipped with the package: real servers on loopback around pure cores."""
