"""Files that people upload, read into typed columns with everything doubtful said aloud."""
