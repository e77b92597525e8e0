"""What knows how to make calls of one sort: boto, REST, files, recordings."""
