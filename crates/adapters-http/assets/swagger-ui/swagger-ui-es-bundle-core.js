// Not used by the page at /docs/, and left out of the program.
