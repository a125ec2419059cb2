//! What is asked of the system that no safe library asks of it: for how long a thread may keep a core, and that memory lie in
//! huge pages. Wishes all of it: where there is no such thing, everything works as it does without.

mod pages;
mod turns;

pub use self::{
    pages::wish_for_huge_pages,
    turns::{set_turn, turn},
};
