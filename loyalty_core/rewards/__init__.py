"""What points buy, and coupons."""
