"""Files that people upload, read into typed columns with a note about everything doubtful."""
