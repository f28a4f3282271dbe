"""What a run came to, in the words that the screen and the pages share."""
