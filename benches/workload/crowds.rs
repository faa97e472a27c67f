//! The workloads at the bounds: an attack, a crowd that stays, and one connection without end.
//!
//! In: how many. Out: their segments.
//! Invariant: no two SYNs of the attack have the same source, up to 2^30 of them.

use std::io;

use crate::output::Output;
use crate::random::Random;
use crate::segment::{ACK, End, Options, PSH, SYN, Segment, client_address};

const SERVER: End = End { address: 0xc633_6401, port: 443 };
const FULL: u16 = 1448;
/// How many connections of the crowd open side by side.
const ABREAST: u32 = 1000;

/// SYNs from distinct addresses to one server, none of them answered: one each microsecond.
pub fn attack(syns: u32, random: &mut Random, output: &mut Output) -> io::Result<()> {
    for number in 0..syns {
        let source = End { address: client_address(number), port: 1024 + random.below(60_000) as u16 };
        output.wait(1);
        output.put(&Segment {
            source,
            destination: SERVER,
            seq: random.next() as u32,
            ack: 0,
            flags: SYN,
            window: 64_240,
            options: Options::Opening { stamps: Some((output.millis(), 0)) },
            text: 0,
        })?;
    }
    Ok(())
}

/// Connections that open, send one segment of text, and stay.
pub fn open(connections: u32, random: &mut Random, output: &mut Output) -> io::Result<()> {
    let mut first = 0;
    while first < connections {
        let numbers = first..connections.min(first + ABREAST);
        let initial: Vec<_> = numbers.clone().map(|_| [random.next() as u32, random.next() as u32]).collect();
        for stage in 0..5 {
            for (number, &[of_client, of_server]) in numbers.clone().zip(&initial) {
                let client =
                    End { address: client_address(number % 50_000), port: 10_000 + (number / 50_000) as u16 };
                let (by_client, flags, text, seq, ack) = match stage {
                    0 => (true, SYN, 0, 0, 0),
                    1 => (false, SYN | ACK, 0, 0, 1),
                    2 => (true, ACK, 0, 1, 1),
                    3 => (true, PSH | ACK, 400, 1, 1),
                    _ => (false, ACK, 0, 1, 401),
                };
                output.wait(random.below(19));
                put(client, by_client, flags, text, [of_client, of_server], (seq, ack), output)?;
            }
        }
        first += ABREAST;
    }
    Ok(())
}

/// One connection: a request, then text from the server as long as there are segments left, every second one
/// acknowledged.
pub fn long(segments: u32, random: &mut Random, output: &mut Output) -> io::Result<()> {
    let client = End { address: client_address(1), port: 50_000 };
    let initial = [random.next() as u32, random.next() as u32];
    let mut sent: u32 = 1;
    for number in 0..segments {
        let (by_client, flags, text, seq, ack) = match number {
            0 => (true, SYN, 0, 0, 0),
            1 => (false, SYN | ACK, 0, 0, 1),
            2 => (true, ACK, 0, 1, 1),
            3 => (true, PSH | ACK, 400, 1, 1),
            _ if number % 3 == 0 => (true, ACK, 0, 401, sent),
            _ => (false, ACK, FULL, sent, 401),
        };
        if text == FULL {
            sent = sent.wrapping_add(u32::from(FULL));
        }
        output.wait(random.below(21));
        put(client, by_client, flags, text, initial, (seq, ack), output)?;
    }
    Ok(())
}

fn put(
    client: End,
    by_client: bool,
    flags: u8,
    text: u16,
    [of_client, of_server]: [u32; 2],
    (seq, ack): (u32, u32),
    output: &mut Output,
) -> io::Result<()> {
    let (source, destination, own, other) = if by_client {
        (client, SERVER, of_client, of_server)
    } else {
        (SERVER, client, of_server, of_client)
    };
    let acks = flags & ACK != 0;
    let now = output.millis();
    let echo = if acks { now.wrapping_sub(1) } else { 0 };
    let options = if flags & SYN != 0 {
        Options::Opening { stamps: Some((now, echo)) }
    } else {
        Options::Stamps(now, echo)
    };
    output.put(&Segment {
        source,
        destination,
        seq: own.wrapping_add(seq),
        ack: if acks { other.wrapping_add(ack) } else { 0 },
        flags,
        window: 502,
        options,
        text,
    })
}
