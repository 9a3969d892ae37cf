"""What the product tells its operator: log lines, metrics, health. Imports nothing of ours."""
