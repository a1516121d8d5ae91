"""What can be taken along: files, pictures, slides, and the page as a presentation."""
