"""What the maker's commands share: reading, slicing, normalising, writing. Nobody else imports this."""
