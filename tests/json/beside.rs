//! The records of what stands beside segments: socket calls, and the kernel's word.
//!
//! In: calls of every name with every kind of return, words of every kind. Out: their records, held against the schema.
//! Invariant: as in `main.rs`, the schema is tight.

use std::slice::from_ref;

use serde_json::{Value, json};
use tcpshake::call::{CallName, Caller, Returned, SocketCall};
use tcpshake::report::format::Format;
use tcpshake::report::json::records::Records;
use tcpshake::report::style::Style;
use tcpshake::time::Timestamp;
use tcpshake::witness::{KernelEvent, KernelState, KernelWord};

use crate::{assert_tight, assert_valid, socket};

#[test]
fn every_call_agrees_with_the_schema() {
    let error = Returned::Error { name: "EPIPE".to_owned(), number: 32, words: "Broken pipe".to_owned() };
    let all = [
        CallName::Socket,
        CallName::SetSockOpt,
        CallName::GetSockOpt,
        CallName::Bind,
        CallName::Listen,
        CallName::Accept,
        CallName::Connect,
        CallName::Send,
        CallName::Recv,
        CallName::Poll,
        CallName::Shutdown,
        CallName::Close,
        CallName::Kill,
    ];
    let returns = [None, Some(Returned::Value(0)), Some(error)];
    for (count, name) in all.into_iter().enumerate() {
        for value in &returns {
            let call = SocketCall {
                caller: if count % 2 == 0 { Caller::Client } else { Caller::Server },
                name,
                arguments: "\"\u{e9}\", 2".to_owned(),
                began: Timestamp::new(5, 7),
                returned: value.clone().map(|value| (Timestamp::new(5, 9), value)),
                local: value.as_ref().map(|_| socket('A')),
                peer: (count > 4).then(|| socket('S')),
            };
            let written = beside(&[call], &[], Records::ALL);
            assert_eq!(written.len(), 1);
            assert_valid(&written[0]);
            assert_tight(&written[0], &["local", "peer"], &["arguments", "words"]);
        }
    }
}

#[test]
fn every_word_of_the_kernel_agrees_with_the_schema() {
    let schema: Value = serde_json::from_str(include_str!("../../docs/tcpshake.schema.json")).unwrap();
    let states = KernelState::ALL.map(KernelState::as_str);
    assert_eq!(schema["$defs"]["kernel-state"]["enum"], json!(states));
    let mut said = vec![
        KernelWord::Retransmits,
        KernelWord::RetransmitsSynAck,
        KernelWord::ReceivesReset,
        KernelWord::SendsReset(None),
        KernelWord::SendsReset(Some("TCP_ABORT_ON_CLOSE".to_owned())),
    ];
    said.extend(KernelState::ALL.map(|to| KernelWord::State { from: KernelState::Close, to }));
    for (local, peer, id) in [('A', "192.0.2.1:6666", u64::MAX), ('S', "[::]:0", 0)] {
        for word in &said {
            let event = KernelEvent {
                time: Timestamp::new(5, 7),
                socket: id,
                local: socket(local),
                peer: peer.parse().unwrap(),
                word: word.clone(),
            };
            let written = beside(&[], &[event], Records::ALL);
            assert_eq!(written.len(), 1);
            assert_valid(&written[0]);
            assert_tight(&written[0], &["socket", "peer", "reason"], &["reason"]);
        }
    }
}

#[test]
fn calls_and_words_of_the_kernel_are_chosen_apart() {
    let call = SocketCall {
        caller: Caller::Server,
        name: CallName::Close,
        arguments: String::new(),
        began: Timestamp::new(5, 7),
        returned: None,
        local: None,
        peer: None,
    };
    let said = KernelEvent {
        time: Timestamp::new(5, 7),
        socket: 1,
        local: socket('A'),
        peer: socket('B'),
        word: KernelWord::Retransmits,
    };
    for (chosen, types) in [("calls", vec!["call"]), ("kernel", vec!["kernel"]), ("summary", vec![])] {
        let written = beside(from_ref(&call), from_ref(&said), chosen.parse().unwrap());
        let written: Vec<&str> = written.iter().filter_map(|record| record["type"].as_str()).collect();
        assert_eq!(written, types);
    }
}

/// The records of calls and of the kernel's words.
fn beside(calls: &[SocketCall], said: &[KernelEvent], records: Records) -> Vec<Value> {
    let mut out = Vec::new();
    {
        let mut report = Format::Json.report(Box::new(&mut out), Style::default(), records);
        calls.iter().for_each(|call| report.call(call).unwrap());
        said.iter().for_each(|said| report.kernel(said).unwrap());
    }
    let text = String::from_utf8(out).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
