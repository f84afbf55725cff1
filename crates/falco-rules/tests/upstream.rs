//! Each test of Falco for this language is covered by a test here, or does not apply.

/// The sources of the tests that the table names.
const SOURCES: [&str; 6] = [
    include_str!("parser.rs"),
    include_str!("conditions.rs"),
    include_str!("loader.rs"),
    include_str!("limits.rs"),
    include_str!("outputs.rs"),
    include_str!("properties.rs"),
];

#[test]
fn tests_of_falco_are_covered() {
    let table = include_str!("data/upstream.tsv");
    let rows: Vec<Vec<&str>> = table.lines().skip(4).map(|line| line.split('\t').collect()).collect();
    for row in &rows {
        let [_, _, covered] = row.as_slice() else { panic!("{row:?} does not have three columns") };
        let is_reason = covered.starts_with("- ");
        let function = format!("fn {covered}(");
        assert!(is_reason || SOURCES.iter().any(|source| source.contains(&function)), "{row:?}: no such test");
    }
    let count = |suite: &str| rows.iter().filter(|row| row.first() == Some(&suite)).count();
    assert_eq!(count("libs filter_parser"), 53);
    assert_eq!(count("libs filter_compiler"), 24);
    assert_eq!(count("libs filter_transformer"), 18);
    assert_eq!(count("libs filter_escaping"), 8);
    assert_eq!(count("falco test_rule_loader"), 103);
    assert_eq!(count("falco test_filter_macro_resolver"), 11);
}
