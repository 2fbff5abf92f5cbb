"""What must go out: messages with their attempts and statuses, and tasks for staff."""
