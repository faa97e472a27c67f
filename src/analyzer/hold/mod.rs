//! What the tracker holds, and for how long: connections whole, in brief, and packed; by their pairs, and in queues.
//!
//! In: entries of socket pairs. Out: the same, found by their pair or because their time has come; endings.
//! Invariant: nothing here judges a segment: that is for the connection, and for `brief.rs` as far as the textbook goes.

pub mod ahead;
pub mod at_once;
pub mod brief;
pub mod brief_entry;
pub mod clock;
pub mod course;
pub mod crowd;
pub mod ending;
pub mod entry;
pub mod foretold;
pub mod half;
pub mod held;
pub mod left;
pub mod log;
pub mod moved;
pub mod packed;
pub mod passage;
pub mod past;
pub mod ready;
pub mod refusal;
pub mod shapes;
pub mod side;
pub mod soon;
pub mod stage;
pub mod stand;
pub mod store;
pub mod straight;
pub mod table;
pub mod tally;
pub mod unanswered;
pub mod waiting;
