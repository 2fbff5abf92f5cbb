"""What the node is told before it starts: its settings, and the facts of its hotel."""
