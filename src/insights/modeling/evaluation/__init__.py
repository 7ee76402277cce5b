"""What is to be known of models beside their scores: all of it read from predictions."""
