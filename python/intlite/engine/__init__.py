"""What runs a graph and keeps what it computes."""
