//! Faults as they are written: `'SYN K, ACK J+1'`, `'FIN M=200ms'`, `'ACK K+1=RST seq+1000'`.
//!
//! In: text. Out: a fault, or what is wrong with the text and how such a fault is written.
//! Invariant: whatever the text, there is no panic, and nothing of it is passed over in silence.
//! Read: docs/laboratory.md has the grammar.

use std::time::Duration;

use crate::lab::wire::error::FaultError;
use crate::lab::wire::fault::{Change, Deed, Fault, Forged, Place, Side};
use crate::segment::Flags;

/// How long a segment that is to be overtaken waits for another, where nothing else is said.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(1);
/// No scenario lasts longer.
const LONGEST: Duration = Duration::from_secs(3600);
/// So many copies are more than anything shows.
const MOST_COPIES: u32 = 1000;

const DELAY: &str = "write how long: 'FIN M=200ms', 'SYN J#*=1.5s'";
const REPEAT: &str = "write how many more, and how long between them: 'SYN J', 'SYN J=3', 'SYN J=1,300ms'";
const REORDER: &str = "write the label, and how long to wait for the next segment: 'DATA', 'DATA=500ms'";
const ALTER: &str = "write what becomes what: 'SYN K, ACK J+1=ack+1', 'SYN J=mss=536,window=1000'; there are seq+N, seq-N, \
                     ack+N, ack-N, window=N, flags=SYN+ACK, mss=N, ttl=N, checksum";
const INJECT: &str = "write the control bits and where it goes: 'ACK K+1=RST', 'DATA=RST seq+100 to client', \
                      'ACK K+1=SYN seq-100000'; there are seq+N, seq-N, seq=N, seq=beyond, ack+N, ack-N, window=N, \
                      text=WORD, to client, to server";

impl Fault {
    /// A segment that does not arrive: `SYN J`.
    ///
    /// # Errors
    ///
    /// What is wrong with the text, for this and all below.
    pub fn lose(text: &str) -> Result<Self, FaultError> {
        Ok(Self { of: text.parse()?, deed: Deed::Lose })
    }

    /// A segment that arrives later: `FIN M=200ms`.
    ///
    /// # Errors
    ///
    /// As for `lose`.
    pub fn delay(text: &str) -> Result<Self, FaultError> {
        let (label, long) =
            text.split_once('=').ok_or_else(|| FaultError::new(text, "how long is not said", DELAY))?;
        let delay = duration(long, DELAY).map_err(|error| error.in_whole(text))?;
        Ok(Self { of: label.parse()?, deed: Deed::Delay(delay) })
    }

    /// A segment that arrives several times: `SYN J`, `SYN J=3`, `SYN J=1,300ms`.
    ///
    /// # Errors
    ///
    /// As for `lose`.
    pub fn repeat(text: &str) -> Result<Self, FaultError> {
        let wrong = |cause: String| FaultError::new(text, cause, REPEAT);
        let (label, how) = text.split_once('=').map_or((text, None), |(label, how)| (label, Some(how)));
        let (mut times, mut gap) = (1, Duration::ZERO);
        if let Some(how) = how {
            let (number, long) =
                how.split_once(',').map_or((how, None), |(number, long)| (number, Some(long)));
            times = number.trim().parse().map_err(|_| wrong(format!("'{number}' is no number")))?;
            if !(1..=MOST_COPIES).contains(&times) {
                return Err(wrong(format!("{times} is not between 1 and {MOST_COPIES}")));
            }
            if let Some(long) = long {
                gap = duration(long, REPEAT).map_err(|error| error.in_whole(text))?;
            }
        }
        Ok(Self { of: label.parse()?, deed: Deed::Repeat { times, gap } })
    }

    /// A segment that the next one overtakes: `DATA`, `DATA=500ms`.
    ///
    /// # Errors
    ///
    /// As for `lose`.
    pub fn reorder(text: &str) -> Result<Self, FaultError> {
        let (label, long) = text.split_once('=').map_or((text, None), |(label, long)| (label, Some(long)));
        let within = long.map_or(Ok(OVERTAKEN_WITHIN), |long| duration(long, REORDER));
        let within = within.map_err(|error| error.in_whole(text))?;
        Ok(Self { of: label.parse()?, deed: Deed::Reorder(within) })
    }

    /// A segment that arrives otherwise than it was sent: `SYN K, ACK J+1=ack+1`.
    ///
    /// # Errors
    ///
    /// As for `lose`.
    pub fn alter(text: &str) -> Result<Self, FaultError> {
        let (label, how) =
            text.split_once('=').ok_or_else(|| FaultError::new(text, "what to alter is not said", ALTER))?;
        let changes = how.split(',').map(|change| {
            let change = change.trim();
            self::change(change)
                .ok_or_else(|| FaultError::new(text, format!("'{change}' cannot be done"), ALTER))
        });
        Ok(Self { of: label.parse()?, deed: Deed::Alter(changes.collect::<Result<_, _>>()?) })
    }

    /// A segment that nobody has sent, after one that somebody has: `ACK K+1=RST seq+1000 to client`.
    ///
    /// # Errors
    ///
    /// As for `lose`.
    pub fn inject(text: &str) -> Result<Self, FaultError> {
        let (label, what) = text
            .split_once('=')
            .ok_or_else(|| FaultError::new(text, "what to inject is not said", INJECT))?;
        let forged = forged(what).map_err(|error| error.in_whole(text))?;
        Ok(Self { of: label.parse()?, deed: Deed::Inject(forged) })
    }
}

/// How long every frame is on its way: `50ms`.
///
/// # Errors
///
/// What is wrong with the text.
pub fn latency(text: &str) -> Result<Duration, FaultError> {
    duration(text, "write a time with its unit: 50ms, 0.5s")
}

/// A forged segment: `RST seq+1000 to client`.
///
/// # Errors
///
/// What is wrong with the text.
pub fn forged(text: &str) -> Result<Forged, FaultError> {
    let wrong = |cause: String| FaultError::new(text, cause, INJECT);
    let mut words = text.split_ascii_whitespace();
    let bits = words.next().ok_or_else(|| wrong("what to inject is not said".to_owned()))?;
    let flags = flags(bits).ok_or_else(|| wrong(format!("'{bits}' are no control bits")))?;
    let mut forged = Forged::new(flags);
    while let Some(word) = words.next() {
        let is_known = if word == "to" {
            forged.to = match words.next() {
                Some("client") => Some(Side::Client),
                Some("server") => Some(Side::Server),
                _ => return Err(wrong("after 'to' stands client or server".to_owned())),
            };
            true
        } else {
            detail(&mut forged, word).is_some()
        };
        if !is_known {
            return Err(wrong(format!("'{word}' cannot be done")));
        }
    }
    Ok(forged)
}

/// Takes one word of a forged segment in.
fn detail(forged: &mut Forged, word: &str) -> Option<()> {
    if let Some(number) = word.strip_prefix("seq=") {
        forged.seq = if number == "beyond" { Place::Beyond(0) } else { Place::Number(number.parse().ok()?) };
    } else if let Some(offset) = word.strip_prefix("seq") {
        forged.seq = Place::FromNext(signed(offset)?);
    } else if let Some(offset) = word.strip_prefix("ack") {
        forged.ack = signed(offset)?;
    } else if let Some(number) = word.strip_prefix("window=") {
        forged.window = number.parse().ok()?;
    } else {
        let text = word.strip_prefix("text=")?;
        // No frame has room for more.
        forged.text = (text.len() <= 1000).then(|| text.as_bytes().to_vec())?;
    }
    Some(())
}

fn change(text: &str) -> Option<Change> {
    if text == "checksum" {
        return Some(Change::Checksum);
    }
    if let Some((field, value)) = text.split_once('=') {
        return match field {
            "window" => value.parse().ok().map(Change::Window),
            "mss" => value.parse().ok().map(Change::Mss),
            "ttl" => value.parse().ok().map(Change::Ttl),
            "flags" => flags(value).map(Change::Flags),
            _ => None,
        };
    }
    match text.split_at_checked(3)? {
        ("seq", offset) => signed(offset).map(Change::Seq),
        ("ack", offset) => signed(offset).map(Change::Ack),
        _ => None,
    }
}

/// Control bits, joined by `+`: `RST+ACK`; `none` is none of them.
fn flags(text: &str) -> Option<Flags> {
    if text.eq_ignore_ascii_case("none") {
        return Some(Flags::default());
    }
    text.split('+').try_fold(Flags::default(), |flags, name| {
        let all = Flags(0x1ff);
        let is_it = |bit: &u16| Flags(*bit).names().any(|known| known.eq_ignore_ascii_case(name));
        let bit = (0..9).map(|shift| 1 << shift).find(is_it)?;
        Some(Flags((flags.0 | bit) & all.0))
    })
}

/// An offset with its sign.
fn signed(text: &str) -> Option<i32> {
    text.starts_with(['+', '-']).then(|| text.parse().ok())?
}

/// A time with its unit: `200ms`, `1.5s`, `50us`.
fn duration(text: &str, how: &'static str) -> Result<Duration, FaultError> {
    let wrong = |cause: String| FaultError::new(text, cause, how);
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let unit = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "" => return Err(wrong(format!("'{text}' has no unit"))),
        other => return Err(wrong(format!("'{other}' is no unit of time"))),
    };
    let number: f64 = number.trim().parse().map_err(|_| wrong(format!("'{number}' is no number")))?;
    match Duration::try_from_secs_f64(number * unit) {
        Ok(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(wrong(format!("'{text}' is not between 0 and an hour"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_read() {
        let deed = |fault: Result<Fault, FaultError>| fault.unwrap().deed;
        let ms = Duration::from_millis;
        assert_eq!(deed(Fault::lose("SYN K, ACK J+1")), Deed::Lose);
        assert_eq!(deed(Fault::delay("FIN M=200ms")), Deed::Delay(ms(200)));
        assert_eq!(deed(Fault::delay("FIN M#*= 1.5s")), Deed::Delay(ms(1500)));
        assert_eq!(deed(Fault::repeat("SYN J")), Deed::Repeat { times: 1, gap: Duration::ZERO });
        assert_eq!(deed(Fault::repeat("SYN J=3")), Deed::Repeat { times: 3, gap: Duration::ZERO });
        assert_eq!(deed(Fault::repeat("SYN J=2, 300ms")), Deed::Repeat { times: 2, gap: ms(300) });
        assert_eq!(deed(Fault::reorder("DATA")), Deed::Reorder(OVERTAKEN_WITHIN));
        assert_eq!(deed(Fault::reorder("DATA=500ms")), Deed::Reorder(ms(500)));
        let changes = "SYN K, ACK J+1=seq-7, ack+1,window=0,flags=syn+ack,mss=536,ttl=1,checksum";
        let syn_ack = Flags::SYN.with(Flags::ACK);
        let wanted = vec![
            Change::Seq(-7),
            Change::Ack(1),
            Change::Window(0),
            Change::Flags(syn_ack),
            Change::Mss(536),
            Change::Ttl(1),
            Change::Checksum,
        ];
        assert_eq!(deed(Fault::alter(changes)), Deed::Alter(wanted));
        assert_eq!(latency("50ms"), Ok(ms(50)));
    }

    #[test]
    fn forged_segments_are_read() {
        let forged = |text: &str| match Fault::inject(text).unwrap().deed {
            Deed::Inject(forged) => forged,
            other => panic!("{other:?}"),
        };
        assert_eq!(forged("ACK K+1=RST"), Forged::new(Flags::RST));
        let wanted = Forged::new(Flags::RST.with(Flags::ACK)).towards(Side::Client).at(Place::FromNext(1000));
        assert_eq!(forged("DATA=RST+ACK seq+1000 to client"), wanted);
        assert_eq!(forged("DATA=RST seq=beyond").seq, Place::Beyond(0));
        assert_eq!(forged("DATA=SYN seq=7 window=9").seq, Place::Number(7));
        let data = forged("DATA=PSH+ACK ack-1 text=hello to server");
        assert_eq!((data.ack, data.text.as_slice(), data.to), (-1, &b"hello"[..], Some(Side::Server)));
        assert_eq!(forged("ACK K+1=none").flags, Flags::default());
    }

    #[test]
    fn what_cannot_be_read_is_told_with_how_it_is_written() {
        let said = |fault: Result<Fault, FaultError>| fault.unwrap_err().to_string();
        assert_eq!(said(Fault::delay("FIN M")), "'FIN M': how long is not said");
        assert_eq!(said(Fault::delay("FIN M=200")), "'FIN M=200': '200' has no unit");
        assert_eq!(said(Fault::delay("FIN M=2h")), "'FIN M=2h': 'h' is no unit of time");
        assert_eq!(said(Fault::delay("FIN M=-2s")), "'FIN M=-2s': '-2s' is not between 0 and an hour");
        assert_eq!(said(Fault::delay("FIN M=ms")), "'FIN M=ms': '' is no number");
        assert_eq!(said(Fault::repeat("SYN J=0")), "'SYN J=0': 0 is not between 1 and 1000");
        assert_eq!(said(Fault::repeat("SYN J=x")), "'SYN J=x': 'x' is no number");
        assert_eq!(said(Fault::alter("SYN J")), "'SYN J': what to alter is not said");
        for change in ["ack", "ack=1", "seq+x", "window=70000", "sequence+1", "flags=SNY", "", "é=1", "éé"]
        {
            let text = format!("SYN J={change}");
            assert_eq!(said(Fault::alter(&text)), format!("'{text}': '{change}' cannot be done"));
        }
        assert_eq!(said(Fault::inject("SYN J=")), "'SYN J=': what to inject is not said");
        assert_eq!(said(Fault::inject("SYN J=RTS")), "'SYN J=RTS': 'RTS' are no control bits");
        let nowhere = "'SYN J=RST to me': after 'to' stands client or server";
        assert_eq!(said(Fault::inject("SYN J=RST to me")), nowhere);
        assert_eq!(said(Fault::inject("SYN J=RST seq1")), "'SYN J=RST seq1': 'seq1' cannot be done");
        assert_eq!(said(Fault::reorder("SNY")), "'SNY': no label has the word 'SNY'");
        assert!(Fault::delay("FIN M").unwrap_err().next_step().contains("'FIN M=200ms'"));
        assert!(latency("fast").is_err() && latency("NaNs").is_err() && latency("1e99s").is_err());
    }
}
