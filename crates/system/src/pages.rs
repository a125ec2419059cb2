//! In how many pages memory lies: whoever reads much of it in no order waits less for where each page is if they are few.

use std::{io, mem::MaybeUninit};

/// Asks that this memory, in which nothing was written yet, lie in huge pages as far as such pages lie in it whole. In more than
/// that nothing is asked for: who keeps little of a page has all of it. Fails where the system has no huge pages; memory is as
/// good as before then.
pub fn wish_for_huge_pages<T>(memory: &mut [MaybeUninit<T>]) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    wish(memory)?;
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
    Ok(())
}

/// Begins and ends are those of pages on every system: none has larger ones.
#[cfg(target_os = "linux")]
const PAGE: usize = 64 * 1024;

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no safe library makes this call of memory that somebody else gave")]
fn wish<T>(memory: &mut [MaybeUninit<T>]) -> io::Result<()> {
    let begin = memory.as_mut_ptr().cast::<u8>();
    let before = begin.align_offset(PAGE);
    let length = size_of_val(memory).saturating_sub(before) / PAGE * PAGE;
    if length == 0 {
        return Ok(());
    }
    // SAFETY: the range lies within memory that nobody else has, and what is in it stays there: only how the system finds it is
    // another matter.
    let done = unsafe { libc::madvise(begin.wrapping_add(before).cast(), length, libc::MADV_HUGEPAGE) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs;

    use super::*;

    /// What the system says of the mapping with this address in it: `hg` among its flags, where huge pages are wished for.
    fn is_wished_for(address: usize) -> bool {
        let maps = fs::read_to_string("/proc/self/smaps").unwrap();
        let mut is_here = false;
        let flags = maps.lines().find_map(|line| {
            if let Some((begin, end)) = line.split(' ').next().and_then(|range| range.split_once('-')) {
                let [begin, end] = [begin, end].map(|place| usize::from_str_radix(place, 16).unwrap_or(0));
                is_here = (begin..end).contains(&address);
            }
            line.strip_prefix("VmFlags:").filter(|_| is_here)
        });
        flags.unwrap().split_whitespace().any(|flag| flag == "hg")
    }

    #[test]
    fn huge_pages_are_wished_for_where_memory_is_and_nowhere_else() {
        let mut memory: Vec<u64> = Vec::with_capacity(1 << 20);
        let (begin, bytes) = (memory.as_ptr().addr(), 8 << 20);
        // A system may be built without them.
        let Ok(()) = wish_for_huge_pages(memory.spare_capacity_mut()) else { return };
        assert!(is_wished_for(begin + bytes / 2));
        assert!(!is_wished_for(begin - begin % 4096), "a page that is not in it whole");
        memory.resize(1 << 20, 7);
        assert!(memory.iter().all(|number| *number == 7));
    }

    #[test]
    fn less_than_a_page_is_left_alone() {
        let mut memory: Vec<u8> = Vec::with_capacity(PAGE - 1);
        wish_for_huge_pages(memory.spare_capacity_mut()).unwrap();
        wish_for_huge_pages::<u8>(&mut []).unwrap();
    }
}
