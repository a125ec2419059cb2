//! The whole service under test: a file for each document, and one for each promise that spans them.
#![recursion_limit = "256"] // SeaORM's futures for three databases are nested deeply.

mod accounts;
mod across_dialects;
mod admin;
mod architecture;
mod command_line;
mod connections;
mod copying;
mod corpora;
mod crash;
mod dialogram;
mod dood;
mod easydb;
mod faults;
mod floods;
mod hang_ups;
mod hashes;
mod hostile;
mod keys;
mod lifetimes;
mod operations;
mod operators;
mod passwords;
mod platformos;
mod risks;
mod routes;
mod sabotaged;
mod secrets;
mod several_nodes;
mod threats;
mod throttling;
mod tidy;
mod timing;
mod tokens;
mod verify;
mod vprotect;
