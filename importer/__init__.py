"""Import contact spreadsheets into a marketing platform, with every row accounted for."""
