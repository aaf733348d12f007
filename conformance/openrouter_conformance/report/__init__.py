"""What a run leaves behind: records, and renderings of them."""
