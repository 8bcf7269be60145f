"""What changes the broker: dead letters looked at and sent back, a connection closed. Off unless it is configured."""
