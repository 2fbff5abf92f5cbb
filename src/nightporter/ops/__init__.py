"""Health, status, metrics, alerts, doctor: reads what the parts count, and changes nothing."""
