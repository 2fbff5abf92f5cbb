"""The conversation: looks at one turn and decides; writes nothing, sends nothing."""
