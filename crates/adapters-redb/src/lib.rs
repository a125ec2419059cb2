//! Storage for everything in one embedded key-value file, through redb.
