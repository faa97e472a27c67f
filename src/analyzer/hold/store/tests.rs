//! Tests of the store: sizes, and what is packed when.

use super::*;
use crate::analyzer::config::Config;
use crate::analyzer::hold::brief::Brief;
use crate::analyzer::moves::{HANDSHAKE, segments};
use crate::analyzer::pairs::Sockets;
use crate::jot::Jot;

#[test]
fn an_entry_takes_one_cache_line() {
    assert_eq!(size_of::<Option<Held>>(), 64);
}

#[test]
fn what_each_segment_needs_of_an_entry_in_brief_lies_in_one_cache_line() {
    let syn = &segments([5, 9], &HANDSHAKE)[0];
    let (sockets, jot) = (Sockets::new(syn.source, syn.destination), Jot::of(syn).unwrap());
    let mut hold = Hold::new(Ready::of(&Config::default()));
    hold.insert_brief(7, Waiting::Attempt, syn.time, |rooms| BriefEntry {
        seen: syn.time,
        hash: 7,
        brief: Brief::starting_with(1, sockets, &jot, &syn.options, &mut rooms.logs),
    });
    let entry = hold.brief_mut(hold.guess(7).unwrap()).unwrap();
    let begin = std::ptr::from_ref(entry).addr();
    assert_eq!(begin % 64, 0);
    assert!(std::ptr::from_ref(entry.brief.course()).addr() - begin < 64);
}

#[test]
fn one_that_stays_whole_keeps_no_others_from_being_packed() {
    const BOUND: usize = 8;
    let syn = &segments([5, 9], &HANDSHAKE)[0];
    let connection = || Box::new(Connection::starting_with(1, syn, 0));
    let mut hold = Hold::new(Ready::of(&Config { most_whole: BOUND, lenders: 0, ..Config::default() }));
    hold.insert(0, Waiting::Open, syn.time, Entry { older: Some(connection()), ..Entry::of(connection()) });
    for hash in 1..=1000 {
        hold.insert(hash << 50, Waiting::Attempt, syn.time, Entry::of(connection()));
        hold.tidy();
        let ready = hold.table.iter().filter(|(_, held)| held.is_ready()).count();
        assert_eq!(hold.count, ready);
        assert!(ready <= BOUND + 2, "{ready} of {hash}");
    }
}

#[test]
fn more_are_at_the_ready_once_packed_ones_are_needed_again() {
    const LEAST: usize = 320;
    let syn = &segments([5, 9], &HANDSHAKE)[0];
    let config = Config { most_connections: 10_000, most_whole: LEAST, lenders: 4, ..Config::default() };
    let (mut hold, mut sightings) = (Hold::new(Ready::of(&config)), Sightings::default());
    let ready = |hold: &Hold| hold.table.iter().filter(|(_, held)| held.is_ready()).count();
    let packed = |hold: &Hold| hold.table.iter().find(|(_, held)| !held.is_ready()).map(|(place, _)| place);
    let insert = |hold: &mut Hold, hash: u64| {
        let connection = Box::new(Connection::starting_with(1, syn, 0));
        hold.insert(hash << 40, Waiting::Attempt, syn.time, Entry::of(connection));
    };
    for hash in 1..=1000 {
        insert(&mut hold, hash);
        hold.tidy();
        assert!(hold.count <= LEAST);
    }
    for hash in (1001..).take(LEAST - hold.count) {
        insert(&mut hold, hash);
    }
    assert!(!hold.has_room(1) && !hold.make_room(LEAST), "others are not packed for nothing");
    assert_eq!((hold.count, hold.make_room(20)), (LEAST, true));
    assert_eq!((hold.count, ready(&hold)), (300, 300));
    let mut needed = 0;
    while let Some(place) = packed(&hold) {
        hold.get_mut(place, &mut sightings).unwrap();
        hold.tidy();
        needed += 1;
        assert_eq!((hold.count, ready(&hold)), (300 + needed, 300 + needed), "none is packed for another");
    }
    assert_eq!(hold.count, hold.held());
    for hash in 2001..=10_000 {
        insert(&mut hold, hash);
        hold.tidy();
    }
    assert!(hold.count == ready(&hold) && hold.count <= LEAST, "there is room for no more");
}
