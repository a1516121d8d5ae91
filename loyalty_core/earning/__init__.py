"""What purchases and activities earn."""
