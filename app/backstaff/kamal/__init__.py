"""What is kept on the servers, byte for byte as Kamal keeps it; pure."""
