//! The README's table of services and tests agrees with the code.

use lumenport_videoport::services::Service;

const README: &str = include_str!("../README.md");
const SOURCES: [&str; 5] = [
    include_str!("dma.rs"),
    include_str!("pool.rs"),
    include_str!("lock.rs"),
    include_str!("sync.rs"),
    include_str!("life.rs"),
];

fn table() -> &'static str {
    let begin = README
        .find("<!-- begin services -->")
        .expect("begin marker");
    let end = README.find("<!-- end services -->").expect("end marker");
    &README[begin..end]
}

#[test]
fn every_service_is_listed_once_and_none_is_invented() {
    let mut listed: Vec<&str> = table()
        .split([' ', '|', '\n'])
        .filter(|word| word.starts_with("VideoPort"))
        .collect();
    let mut known: Vec<&str> = Service::ALL
        .iter()
        .map(|service| service.name())
        .filter(|name| name.starts_with("VideoPort"))
        .collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
    assert!(README.contains(&format!("{} of the 114 documented services", known.len())));
}

#[test]
fn every_test_named_exists() {
    let names: Vec<&str> = table().split('`').skip(1).step_by(2).collect();
    assert!(names.len() > 50);
    for name in names {
        let signature = format!("fn {name}()");
        assert!(
            SOURCES.iter().any(|source| source.contains(&signature)),
            "{name} does not exist"
        );
    }
}
