//! Who does what next, asked of a board whose stages have nothing to read.
//!
//! In: workers that ask. Out: a verdict.

use tcpshake::analyzer::config::Config;
use tcpshake::capture::file::Files;
use tcpshake::capture::source::Statistics;

use super::*;
use crate::cli::follower::Follower;
use crate::cli::intake::Intake;

const TELLER: Skills = Skills { tells: true, takes: true };
const HELPER: Skills = Skills { tells: false, takes: true };
const BOUNDS: Bounds = Bounds::of(2);
const NOW: Option<Duration> = Some(Duration::ZERO);

fn nothing() -> Files {
    Files::from_reader("nothing", std::io::empty())
}

fn board(source: &mut Files) -> Board<'_> {
    let follower = Follower::new(Config::default(), false);
    let intake = Intake::new(1, follower.hasher());
    let taking = Taking { source, intake, errors: Vec::new(), spare: Vec::new() };
    Board::new(Box::new(taking), Box::new(Following::new(follower)), BOUNDS)
}

fn portions(count: usize) -> Vec<Portion> {
    (0..count).map(|_| Portion::Quiet).collect()
}

fn taking<'s>(board: &Board<'s>, done: Done<'s>, skills: Skills) -> Box<Taking<'s>> {
    match board.next(done, skills, NOW) {
        Ok(Job::Take(taking)) => taking,
        _ => panic!("there was something else to do"),
    }
}

#[test]
fn what_waits_is_told_before_more_is_taken_in_and_the_follower_is_for_others() {
    let mut source = nothing();
    let board = board(&mut source);
    let taken = taking(&board, Done::Nothing, TELLER);
    let taken = taking(&board, Done::Taken(taken, portions(BOUNDS.few - 1)), TELLER);
    for _ in 0..BOUNDS.hardly_any {
        board.post_quiet();
    }
    let next = board.next(Done::Taken(taken, portions(1)), TELLER, NOW);
    assert!(matches!(next, Ok(Job::Tell(Tidings::Quiet))));
    assert!(matches!(board.next(Done::Nothing, TELLER, NOW), Ok(Job::Tell(Tidings::Quiet))));
    assert!(matches!(board.next(Done::Nothing, HELPER, NOW), Ok(Job::Follow(..))));
}

#[test]
fn what_is_made_is_bounded_and_made_again_once_there_is_room() {
    let mut source = nothing();
    let board = board(&mut source);
    let taken = taking(&board, Done::Nothing, HELPER);
    let Ok(Job::Follow(mut following, _)) =
        board.next(Done::Taken(taken, portions(BOUNDS.portions)), HELPER, NOW)
    else {
        panic!("nothing was followed")
    };
    for _ in 1..BOUNDS.at_a_time {
        assert!(matches!(board.next(Done::Nothing, TELLER, NOW), Ok(Job::Nothing(true))), "there is enough");
        let next = board.next(Done::Followed(following, None), HELPER, NOW);
        let Ok(Job::Follow(again, _)) = next else { panic!("nothing was followed") };
        following = again;
    }
    taking(&board, Done::Nothing, TELLER);
}

#[test]
fn who_tells_follows_where_nobody_else_is_free_and_all_end_once_all_is_told() {
    let mut source = nothing();
    let board = board(&mut source);
    let taken = taking(&board, Done::Nothing, TELLER);
    let end = vec![Portion::End(Statistics::default())];
    let Ok(Job::Follow(following, Portion::End(_))) = board.next(Done::TakenAll(taken, end), TELLER, NOW)
    else {
        panic!("nothing was followed")
    };
    board.post_quiet();
    assert!(board.next(Done::FollowedAll(following), HELPER, NOW).is_err(), "nothing comes any more");
    assert!(matches!(board.next(Done::Nothing, TELLER, NOW), Ok(Job::Tell(Tidings::Quiet))));
    assert!(board.next(Done::Nothing, TELLER, NOW).is_err());
    assert!(matches!(board.into_stages(), (Some(_), Some(_))));
}

#[test]
fn news_are_not_passed_over_for_ever() {
    let mut source = nothing();
    let board = board(&mut source);
    board.post_quiet();
    let mut done = Done::Nothing;
    for _ in 0..HARDLY_EVER {
        done = Done::Taken(taking(&board, done, TELLER), Vec::new());
    }
    assert!(matches!(board.next(done, TELLER, NOW), Ok(Job::Tell(Tidings::Quiet))));
}

#[test]
fn who_is_patient_is_told_of_any_change() {
    let mut source = nothing();
    let board = board(&mut source);
    let skills = Skills { takes: false, ..TELLER };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| board.next(Done::Nothing, skills, Some(Duration::from_secs(600))));
        while board.lock().waiting == 0 {
            std::thread::yield_now();
        }
        taking(&board, Done::Nothing, HELPER);
        assert!(matches!(waiting.join().unwrap(), Ok(Job::Nothing(false))));
    });
}

#[test]
fn where_one_leaves_nobody_waits_for_room() {
    let mut source = nothing();
    let board = board(&mut source);
    for _ in 0..BOUNDS.news {
        assert!(board.post(&mut News::default()).is_ok());
    }
    std::thread::scope(|scope| {
        let posting = scope.spawn(|| board.post(&mut News::default()).is_err());
        board.leave();
        assert!(posting.join().unwrap());
    });
    assert!(board.next(Done::Nothing, HELPER, None).is_err());
}
