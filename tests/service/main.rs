//! The whole service under test: a file for each document, and one for each promise that spans them.

mod across_dialects;
mod architecture;
mod tidy;
