//! How far a connection has come that goes by the textbook so far, as one number; and where each plain segment takes it.
//!
//! In: what there is about a plain segment, or about what answers a SYN. Out: the next state, or that this is not the next segment by the textbook.
//! Invariant: the table is made of `State::follow` when this is compiled, so that a look-up branches on nothing.
//! Read: RFC 9293 §3.3.2 (figure 5), §3.6 (figure 12), §3.10.7.3, §3.10.7.4.

use crate::analyzer::hold::waiting::Standing;
use crate::analyzer::pack::{Pack, Packer, Unpacker};
use crate::analyzer::role::Role;
use crate::gist::Gist;

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// By a SYN.
    Asked,
    /// By a SYN+ACK.
    Answered,
    /// Neither end has closed.
    Open,
    /// One has, or both, and neither FIN of two is acknowledged.
    Closing,
    /// Both have, and one of the FINs is not acknowledged yet.
    Repeating,
    /// Both FINs are acknowledged.
    Closed,
    /// After it was open.
    Reset,
    /// Before it was.
    Refused,
}

/// How far an end has come with closing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fin {
    /// It has not closed.
    #[default]
    None,
    /// It has.
    Sent,
    /// And that is acknowledged.
    Acknowledged,
}

/// The stage, and of an open connection how far either end has come with closing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State(u8);

/// What there is about a plain segment, or about what answers a SYN, besides that it stands exactly where its sender has got to.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    /// Whether the server sent it.
    pub by_server: bool,
    /// Whether it has text, and a FIN.
    pub gist: Gist,
    /// Whether it acknowledges something that was not acknowledged before.
    pub acknowledges: bool,
    /// Whether all that the other end has sent is acknowledged with it.
    pub acknowledges_all: bool,
}

/// The state after such a segment, where that is the next one by the textbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next(u8);

impl Stage {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::Asked,
        Self::Answered,
        Self::Open,
        Self::Closing,
        Self::Repeating,
        Self::Closed,
        Self::Reset,
        Self::Refused,
    ];

    /// How what stands so stands for whoever holds it.
    pub const fn standing(self) -> Standing {
        Standing {
            is_open: !matches!(self, Self::Asked | Self::Answered | Self::Refused),
            is_over: matches!(self, Self::Repeating | Self::Closed | Self::Reset | Self::Refused),
            // It is not acknowledged yet.
            may_repeat_its_fin: matches!(self, Self::Repeating),
        }
    }
}

impl State {
    /// After a SYN.
    pub const ASKED: Self = Self(0);
    /// After a SYN+ACK.
    pub const ANSWERED: Self = Self(1);
    /// After a RST that ended it.
    pub const RESET: Self = Self(2);
    /// After a RST that refused it.
    pub const REFUSED: Self = Self(3);

    /// The first of nine, by what both ends have done about closing.
    const OPEN: u8 = 4;
    /// States there is room for.
    const ROOM: usize = 16;

    /// The stage.
    #[inline(always)]
    pub fn stage(self) -> Stage {
        #[allow(clippy::indexing_slicing, reason = "goes wrong when this is compiled or never")]
        const STAGES: [Stage; State::ROOM] = {
            let mut stages = [Stage::Refused; State::ROOM];
            let mut at = 0;
            while at < State::ROOM {
                stages[at] = State(at as u8).as_stage();
                at += 1;
            }
            stages
        };
        STAGES.get(self.place()).copied().unwrap_or(Stage::Refused)
    }

    /// How far an end has come with closing.
    pub fn fin(self, of: Role) -> Fin {
        let (client, server) = self.fins().unwrap_or_default();
        if of == Role::Client { client } else { server }
    }

    /// The state after a segment that goes this way.
    #[inline(always)]
    pub fn after(self, way: Way) -> Next {
        #[allow(clippy::indexing_slicing, reason = "goes wrong when this is compiled or never")]
        const NEXT: [Next; Way::COUNT * State::ROOM] = {
            let mut all = [Next::NONE; Way::COUNT * State::ROOM];
            let mut at = 0;
            while at < all.len() {
                all[at] = State((at / Way::COUNT) as u8).follow(Way::of_place(at % Way::COUNT));
                at += 1;
            }
            all
        };
        NEXT.get(self.place() << Way::BITS | way.place()).copied().unwrap_or(Next::NONE)
    }

    /// RFC 9293 §3.10.7.3: a SYN+ACK that acknowledges the SYN; §3.10.7.4: text, a FIN, or an acknowledgement of something new.
    const fn follow(self, way: Way) -> Next {
        let Way { by_server, gist, acknowledges, acknowledges_all } = way;
        let (has_text, has_fin) = (gist.has_text(), gist.has_fin());
        let speaks = has_text || has_fin;
        let (client, server) = match (self, self.fins()) {
            (Self::ASKED, _) if by_server && !speaks && acknowledges && acknowledges_all => {
                return Next::new(self, Self::ANSWERED);
            }
            // The third segment acknowledges the SYN+ACK.
            (Self::ANSWERED, _) if !by_server && acknowledges => (Fin::None, Fin::None),
            (_, Some((Fin::Acknowledged, Fin::Acknowledged)) | None) => return Next::NONE,
            (_, Some(fins)) => fins,
        };
        let (own, other) = if by_server { (server, client) } else { (client, server) };
        let has_closed = !matches!(own, Fin::None);
        // What says nothing new may be any copy.
        if (has_closed && speaks) || (!speaks && !acknowledges) {
            return Next::NONE;
        }
        let other = match other {
            Fin::Sent if acknowledges_all => Fin::Acknowledged,
            other => other,
        };
        let own = if has_fin { Fin::Sent } else { own };
        let next = if by_server { Self::open(other, own) } else { Self::open(own, other) };
        Next::new(self, next)
    }

    /// That of an open connection.
    const fn open(client: Fin, server: Fin) -> Self {
        Self(Self::OPEN.saturating_add(3_u8.saturating_mul(client as u8)).saturating_add(server as u8))
    }

    /// Those of an open connection.
    const fn fins(self) -> Option<(Fin, Fin)> {
        match self.0.checked_sub(Self::OPEN) {
            Some(fins) if fins < 9 => Some((Fin::numbered(fins / 3), Fin::numbered(fins % 3))),
            _ => None,
        }
    }

    const fn as_stage(self) -> Stage {
        match (self, self.fins()) {
            (Self::ASKED, _) => Stage::Asked,
            (Self::ANSWERED, _) => Stage::Answered,
            (Self::RESET, _) => Stage::Reset,
            (_, Some((Fin::None, Fin::None))) => Stage::Open,
            (_, Some((Fin::Acknowledged, Fin::Acknowledged))) => Stage::Closed,
            (_, Some((Fin::Acknowledged, Fin::Sent) | (Fin::Sent, Fin::Acknowledged))) => Stage::Repeating,
            (_, Some(_)) => Stage::Closing,
            (_, None) => Stage::Refused,
        }
    }

    #[inline(always)]
    const fn place(self) -> usize {
        self.0 as usize & (Self::ROOM - 1)
    }
}

impl Pack for State {
    fn pack(&self, to: &mut Packer) {
        to.octet(self.0);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        from.octet().map(Self)
    }
}

impl Next {
    /// It did nothing, and nothing is left to be done about it.
    pub const NOTHING: Self = Self(0);
    /// It is not the next one by the textbook: all is left to be done about it. No such segment takes a connection to where a SYN does.
    pub const NONE: Self = Self(Self::IS_LEFT);

    const STATE: u8 = State::ROOM as u8 - 1;
    const MOVES: u8 = 0x10;
    const ANSWERS: u8 = 0x20;
    const AFTER_LONG: u8 = 0x40;
    /// One bit for all that is left, whatever that is.
    const IS_LEFT: u8 = 0x80;

    /// Whether it is the next one by the textbook.
    #[inline(always)]
    pub const fn is_any(self) -> bool {
        self.0 != Self::NONE.0
    }

    /// Whether the connection stands otherwise by it for whoever holds it.
    #[inline(always)]
    pub const fn moves(self) -> bool {
        self.0 & Self::MOVES != 0
    }

    /// Whether the connection is to be listed anew: it waits for something else by it, or has been listed for long.
    #[inline(always)]
    pub const fn lists(self) -> bool {
        self.0 & (Self::MOVES | Self::AFTER_LONG) != 0
    }

    /// Whether the SYN is answered by it.
    #[inline(always)]
    pub const fn answers(self) -> bool {
        self.0 & Self::ANSWERS != 0
    }

    /// The same of one that came long after its connection was listed, where `is_long` says so.
    #[inline(always)]
    pub const fn after_long(self, is_long: bool) -> Self {
        Self(self.0 | (0_u8.wrapping_sub(is_long as u8) & (Self::AFTER_LONG | Self::IS_LEFT)))
    }

    /// The state.
    #[inline(always)]
    pub const fn state(self) -> State {
        State(self.0 & Self::STATE)
    }

    /// Of eight, the bits of those of which something is left: it moves the connection, answers, came after long, or is not the next
    /// one. The first one is lowest.
    #[inline(always)]
    pub fn left_of(eight: &[Self; 8]) -> u8 {
        /// The lowest bit of each octet.
        const LOWEST: u64 = 0x0101_0101_0101_0101;
        /// By its product with these they come together, in the highest octet.
        const TOGETHER: u64 = 0x0102_0408_1020_4080;
        let all = u64::from_le_bytes(eight.map(|next| next.0));
        let left = all >> Self::IS_LEFT.trailing_zeros() & LOWEST;
        (left.wrapping_mul(TOGETHER) >> (u64::BITS - u8::BITS)) as u8
    }

    const fn new(before: State, after: State) -> Self {
        let (was, is) = (before.as_stage().standing(), after.as_stage().standing());
        let moves = was.is_open != is.is_open
            || was.is_over != is.is_over
            || was.may_repeat_its_fin != is.may_repeat_its_fin;
        let answers = matches!(after, State::ANSWERED);
        Self(
            after.0
                | if moves { Self::MOVES } else { 0 }
                | if answers { Self::ANSWERS } else { 0 }
                | if moves || answers { Self::IS_LEFT } else { 0 },
        )
    }
}

impl Fin {
    const fn numbered(number: u8) -> Self {
        match number {
            0 => Self::None,
            1 => Self::Sent,
            _ => Self::Acknowledged,
        }
    }
}

impl Way {
    /// Ways there are.
    const COUNT: usize = 1 << Self::BITS;
    const BITS: u32 = 5;

    #[inline(always)]
    const fn place(self) -> usize {
        self.by_server as usize
            | (self.gist.closing() as usize) << 1
            | (self.acknowledges as usize) << 3
            | (self.acknowledges_all as usize) << 4
    }

    const fn of_place(place: usize) -> Self {
        Self {
            by_server: place & 1 != 0,
            gist: Gist::plain(place & 2 != 0, place & 4 != 0),
            acknowledges: place & 8 != 0,
            acknowledges_all: place & 16 != 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the SYN+ACK on, by segments that acknowledge all; `None` after one that is not the next.
    fn states(ways: &[(Role, &str)]) -> Option<Vec<Stage>> {
        let mut state = State::ANSWERED;
        let stages = ways.iter().map(|(from, what)| {
            let next = state.after(Way {
                by_server: *from == Role::Server,
                gist: Gist::plain(what.contains("text"), what.contains("fin")),
                acknowledges: what.contains("ack"),
                acknowledges_all: true,
            });
            state = next.state();
            next.is_any().then(|| state.stage())
        });
        stages.collect()
    }

    #[test]
    fn it_closes_with_four_segments_and_with_three() {
        use Role::{Client, Server};
        use Stage::{Closed, Closing, Open, Repeating};
        let four = [(Client, "ack"), (Client, "fin"), (Server, "ack"), (Server, "fin"), (Client, "ack")];
        assert_eq!(states(&four), Some(vec![Open, Closing, Closing, Repeating, Closed]));
        let three = [(Client, "ack"), (Client, "fin"), (Server, "fin ack"), (Client, "ack")];
        assert_eq!(states(&three), Some(vec![Open, Closing, Repeating, Closed]));
        let both = [(Client, "ack fin"), (Server, "fin ack")];
        assert_eq!(states(&both), Some(vec![Closing, Repeating]));
    }

    #[test]
    fn what_is_not_next_is_not_taken() {
        use Role::{Client, Server};
        assert_eq!(states(&[(Server, "ack")]), None, "the client completes the handshake");
        assert_eq!(states(&[(Client, "text")]), None, "by an acknowledgement");
        assert_eq!(states(&[(Client, "ack"), (Client, "")]), None, "nothing new");
        assert_eq!(states(&[(Client, "ack fin"), (Client, "text")]), None, "text behind a FIN");
        let closed = [(Client, "ack fin"), (Server, "ack fin"), (Client, "ack")];
        assert!(states(&closed).is_some());
        assert_eq!(states(&[&closed[..], &[(Server, "ack")]].concat()), None);
    }

    #[test]
    fn every_state_has_its_stage_and_says_when_it_moves() {
        let open = |client, server| State::open(client, server).stage();
        assert_eq!(open(Fin::None, Fin::None), Stage::Open);
        assert_eq!(open(Fin::Sent, Fin::Sent), Stage::Closing);
        assert_eq!(open(Fin::Acknowledged, Fin::Sent), Stage::Repeating);
        let named = [State::ASKED, State::ANSWERED, State::RESET, State::REFUSED].map(State::stage);
        assert_eq!(named, [Stage::Asked, Stage::Answered, Stage::Reset, Stage::Refused]);
        for (before, after) in (0..13).flat_map(|before| (4..13).map(move |after| (before, after))) {
            let (before, after) = (State(before), State(after));
            let (next, standings) = (Next::new(before, after), [before, after].map(|s| s.stage().standing()));
            assert_eq!(next.moves(), standings[0] != standings[1]);
            assert_eq!((next.state(), next.answers(), next.is_any()), (after, false, true));
            let bits = |next| Next::left_of(&[Next::NONE, next, Next::NOTHING, next, next, next, next, next]);
            assert_eq!(
                (next.lists(), bits(next)),
                (next.moves(), if next.moves() { 0b1111_1011 } else { 1 })
            );
            let late = next.after_long(true);
            assert_eq!(
                (late.lists(), late.moves(), late.state(), bits(late)),
                (true, next.moves(), after, 0b1111_1011)
            );
            assert_eq!(next.after_long(false), next);
        }
        let answer = Next::new(State::ASKED, State::ANSWERED);
        assert!(answer.answers() && answer.is_any() && !answer.moves() && !answer.lists());
        assert_eq!((Next::left_of(&[answer; 8]), answer.state()), (u8::MAX, State::ANSWERED));
        for next in [Next::NOTHING, Next::NONE] {
            assert!(!next.answers() && !next.moves() && !next.lists());
        }
    }
}
