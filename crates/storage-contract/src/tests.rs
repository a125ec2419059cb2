const LIST: &str = include_str!("lib.rs");

const LAWS: [&str; 15] = [
    include_str!("laws/archive.rs"),
    include_str!("laws/dropped.rs"),
    include_str!("laws/endings.rs"),
    include_str!("laws/housekeeping.rs"),
    include_str!("laws/installation.rs"),
    include_str!("laws/log.rs"),
    include_str!("laws/networks.rs"),
    include_str!("laws/pages.rs"),
    include_str!("laws/races.rs"),
    include_str!("laws/registry.rs"),
    include_str!("laws/replacing.rs"),
    include_str!("laws/sessions.rs"),
    include_str!("laws/units.rs"),
    include_str!("laws/roles.rs"),
    include_str!("laws/users.rs"),
];

#[test]
fn every_law_is_on_the_list() {
    let listed: Vec<&str> = LIST.lines().map(str::trim).collect();
    let laws = LAWS.iter().flat_map(|file| file.lines()).filter_map(|line| line.strip_prefix("pub async fn "));
    let names: Vec<&str> = laws.filter_map(|law| law.split('(').next()).collect();
    assert!(names.len() > 100, "the laws were not found: {names:?}");
    for name in names {
        assert!(listed.contains(&name), "{name} is a law that no adapter is tested for");
    }
}
