//! What a core dump of a process would hold, read without making one: all its memory that is its own and can be written.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
};

/// The private writable memory of a process, mapping by mapping with its name; or why the kernel does not show it. A
/// test is the parent of the process it reads, which `ptrace_scope` 0 and 1 allow.
pub(super) fn of(process: u32) -> io::Result<Vec<(String, Vec<u8>)>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps"))?;
    let memory = File::open(format!("/proc/{process}/mem"))?;
    let mut found = Vec::new();
    for line in maps.lines() {
        let mut parts = line.split_whitespace();
        let (range, rights) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if !rights.starts_with("rw") || !rights.ends_with('p') {
            continue;
        }
        let (from, to) = range.split_once('-').unwrap();
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
        // Guard pages and what was unmapped meanwhile cannot be read.
        if memory.read_exact_at(&mut bytes, from).is_ok() {
            found.push((format!("{range} {}", parts.nth(3).unwrap_or("(anonymous)")), bytes));
        }
    }
    Ok(found)
}
