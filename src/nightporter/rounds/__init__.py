"""The loops: intake, turns, delivery, timers, housekeeping. They read decisions and do things."""
