//! JSON records, word for word: a connection that closed, one that was refused, one from the middle.
//!
//! `tests/json/` holds records of every kind against the schema; here stands what they look like.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::report::json::out::Part;
use crate::report::samples;
use crate::segment::Segment;
use crate::witness::KernelWord;

fn json(segments: &[Segment], records: &str) -> String {
    let mut out = Vec::new();
    samples::play(segments, &mut Json::new(&mut out, Style::default(), records.parse().unwrap()));
    String::from_utf8(out).unwrap()
}

#[test]
fn segments_of_a_connection() {
    let text = json(&samples::closed(), "segments");
    assert_eq!(text.lines().count(), 8);
    let some: Vec<_> = [0, 1, 3, 6].into_iter().filter_map(|at| text.lines().nth(at)).collect();
    insta::assert_snapshot!(some.join("\n"), @r#"
    {"type":"segment","frame":1,"time":"2026-01-02T12:00:00.000000123Z","connection":1,"from":"client","source":{"addr":"192.0.2.2","port":50000},"destination":{"addr":"192.0.2.1","port":6666},"flags":["syn"],"seq":1000,"window":64240,"text_len":0,"options":[{"kind":"mss","value":1460},{"kind":"sack-permitted"},{"kind":"timestamps","value":9,"echo":0},{"kind":"window-scale","shift":7}],"label":"SYN J","states":{"client":"SYN-SENT","server":"SYN-RECEIVED"},"assumed":["server"],"findings":[]}
    {"type":"segment","frame":2,"time":"2026-01-02T12:00:00.000197123Z","connection":1,"from":"server","source":{"addr":"192.0.2.1","port":6666},"destination":{"addr":"192.0.2.2","port":50000},"flags":["syn","ack"],"seq":5000,"ack":1001,"window":64240,"text_len":0,"options":[{"kind":"mss","value":1460},{"kind":"window-scale","shift":7}],"label":"SYN K, ACK J+1","states":{"client":"ESTABLISHED","server":"SYN-RECEIVED"},"assumed":["client"],"acknowledges":1,"findings":[]}
    {"type":"segment","frame":4,"time":"2026-01-02T12:00:00.000300123Z","connection":1,"from":"client","source":{"addr":"192.0.2.2","port":50000},"destination":{"addr":"192.0.2.1","port":6666},"flags":["psh","ack"],"seq":1001,"ack":5001,"window":64240,"text_len":6,"options":[],"label":"DATA 6","states":{"client":"ESTABLISHED","server":"ESTABLISHED"},"assumed":["server"],"acknowledges":2,"findings":[]}
    {"type":"segment","frame":7,"time":"2026-01-02T12:00:00.000460123Z","connection":1,"from":"server","source":{"addr":"192.0.2.1","port":6666},"destination":{"addr":"192.0.2.2","port":50000},"flags":["fin","ack"],"seq":5001,"ack":1008,"window":64240,"text_len":0,"options":[],"label":"FIN N, ACK M+1","states":{"client":"TIME-WAIT","server":"LAST-ACK"},"assumed":["client"],"acknowledges":6,"findings":[]}
    "#);
}

#[test]
fn a_connection_that_closed() {
    insta::assert_snapshot!(json(&samples::closed(), "connections"), @r#"{"type":"connection","id":1,"client":{"addr":"192.0.2.2","port":50000},"server":{"addr":"192.0.2.1","port":6666},"start":"2026-01-02T12:00:00.000000123Z","end":"2026-01-02T12:00:00.000471123Z","duration":0.000471,"opening":{"kind":"three-way","syns":1,"syn_acks":1,"j":1000,"k":5000,"connect_time":0.000197,"syn_to_syn_ack":0.000197,"syn_ack_to_ack":0.000022,"handshake_rtt":0.000219},"closing":{"kind":"three-segment","first":"client","m":1007,"n":5001,"close_time":0.000071,"fin_to_ack":0.00006},"outcome":"closed","states":{"client":"TIME-WAIT","server":"CLOSED"},"assumed":["server"],"measures":{"time_to_first_data":0.0003,"fin_to_fin":0.00006,"in_state":{"client":{"SYN-SENT":0.000197,"ESTABLISHED":0.000203,"FIN-WAIT-1":0.00006,"TIME-WAIT":0.000011},"server":{"SYN-RECEIVED":0.000219,"ESTABLISHED":0.000181,"CLOSE-WAIT":0.00006,"LAST-ACK":0.000011}}},"segments":{"client":5,"server":3},"text_octets":{"client":6,"server":0},"conn_state":"SF","history":"ShADaFf","completeness":31,"findings":[]}"#);
}

#[test]
fn a_connection_that_was_refused() {
    insta::assert_snapshot!(json(&samples::refused(), "segments,connections"), @r#"
    {"type":"segment","frame":1,"time":"2026-01-02T12:00:00.000000123Z","connection":1,"from":"client","source":{"addr":"2001:db8::2","port":50000},"destination":{"addr":"2001:db8::1","port":6666},"flags":["syn"],"seq":4294967295,"window":64240,"text_len":0,"options":[{"kind":"mss","value":1460}],"label":"SYN J","states":{"client":"SYN-SENT","server":"SYN-RECEIVED"},"assumed":["server"],"findings":[]}
    {"type":"segment","frame":2,"time":"2026-01-02T12:00:00.000050123Z","connection":1,"from":"server","source":{"addr":"2001:db8::1","port":6666},"destination":{"addr":"2001:db8::2","port":50000},"flags":["rst","ack"],"seq":0,"ack":0,"window":64240,"text_len":0,"options":[],"label":"RST, ACK J+1","states":{"client":"CLOSED","server":"CLOSED"},"assumed":["client"],"acknowledges":1,"findings":["refused"]}
    {"type":"connection","id":1,"client":{"addr":"2001:db8::2","port":50000},"server":{"addr":"2001:db8::1","port":6666},"start":"2026-01-02T12:00:00.000000123Z","end":"2026-01-02T12:00:00.000050123Z","duration":0.00005,"opening":{"kind":"incomplete","syns":1,"syn_acks":0,"j":4294967295},"closing":{"kind":"none"},"outcome":"refused","states":{"client":"CLOSED","server":"CLOSED"},"assumed":["client"],"measures":{"in_state":{"client":{"SYN-SENT":0.00005},"server":{"CLOSED":0.00005}}},"segments":{"client":1,"server":1},"text_octets":{"client":0,"server":0},"conn_state":"REJ","history":"Sr","completeness":37,"findings":[{"code":"refused","severity":"error","frames":[1,2],"confidence":"certain","says":"A RST answered the SYN: nobody listens there, or a firewall says so.","rivals":["a firewall answers with a RST","a listener that had just been closed"],"reference":"RFC 9293 §3.10.7.3"}]}
    "#);
}

#[test]
fn a_capture_that_begins_in_the_middle() {
    insta::assert_snapshot!(json(&samples::mid_stream(), "segments,connections,summary"), @r#"
    {"type":"segment","frame":1,"time":"2026-01-02T12:00:00.000000123Z","connection":1,"from":"client","source":{"addr":"192.0.2.2","port":50000},"destination":{"addr":"192.0.2.1","port":6666},"flags":["ack"],"seq":70000,"ack":90000,"window":64240,"text_len":10,"options":[],"label":"DATA 10","states":{"client":"ESTABLISHED","server":"ESTABLISHED"},"assumed":["server"],"findings":["mid-stream"]}
    {"type":"segment","frame":2,"time":"2026-01-02T12:00:01.000000123Z","connection":1,"from":"server","source":{"addr":"192.0.2.1","port":6666},"destination":{"addr":"192.0.2.2","port":50000},"flags":["ack"],"seq":90000,"ack":70010,"window":64240,"text_len":0,"options":[],"label":"ACK ~10","states":{"client":"ESTABLISHED","server":"ESTABLISHED"},"assumed":[],"acknowledges":1,"findings":[]}
    {"type":"connection","id":1,"client":{"addr":"192.0.2.2","port":50000},"server":{"addr":"192.0.2.1","port":6666},"start":"2026-01-02T12:00:00.000000123Z","end":"2026-01-02T12:00:01.000000123Z","duration":1,"opening":{"kind":"not-seen","syns":0,"syn_acks":0},"closing":{"kind":"none"},"outcome":"open","states":{"client":"ESTABLISHED","server":"ESTABLISHED"},"assumed":[],"measures":{"time_to_first_data":0,"in_state":{"client":{"ESTABLISHED":1},"server":{"ESTABLISHED":1}}},"segments":{"client":1,"server":1},"text_octets":{"client":10,"server":0},"conn_state":"OTH","history":"Da","completeness":12,"findings":[{"code":"mid-stream","severity":"note","frames":[1],"confidence":"certain","says":"The capture begins in the middle: the ISS are not known, and who opened may be a guess.","rivals":[],"reference":"RFC 9293 §3.4.1"}]}
    {"type":"summary","frames":2,"segments":2,"connections":1,"not_tcp":0,"icmp_errors":0,"malformed":0,"unsupported_link":0,"fragments":0,"never_whole":0,"too_deep":0,"evicted":0,"quality":{"duplicates":0,"offloaded":0,"cut_short":0,"stepped_back":0,"one_sided":0,"reordered":0,"mid_stream":1},"elapsed":1,"findings":{"note":1,"warning":0,"error":0}}
    "#);
}

#[test]
fn calls_and_the_kernels_words() {
    let mut out = Vec::new();
    let mut report = Json::new(&mut out, Style::default(), Records::ALL);
    let calls = samples::calls();
    for call in [&calls[0], &calls[9], &calls[11]] {
        report.call(call).unwrap();
    }
    let client = ("192.0.2.2:50000", "192.0.2.1:6666");
    let aborts = KernelWord::SendsReset(Some("TCP_ABORT_ON_CLOSE".to_owned()));
    report.kernel(&samples::said()[0]).unwrap();
    report.kernel(&samples::said_at(7, client, aborts)).unwrap();
    let nameless = KernelEvent { socket: 0, ..samples::said_at(8, client, KernelWord::ReceivesReset) };
    report.kernel(&nameless).unwrap();
    insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r#"
    {"type":"call","time":"2026-01-02T11:59:59.999100123Z","returned":"2026-01-02T11:59:59.999110123Z","lasted":0.00001,"caller":"server","call":"socket","arguments":"AF_INET, SOCK_STREAM","result":4,"local":{"addr":"192.0.2.1","port":6666}}
    {"type":"call","time":"2026-01-02T12:00:00.000345123Z","returned":"2026-01-02T12:00:00.000410123Z","lasted":0.000065,"caller":"server","call":"recv","arguments":"4096","error":{"name":"ECONNRESET","number":104,"words":"Connection reset by peer"},"local":{"addr":"192.0.2.1","port":6666},"peer":{"addr":"192.0.2.2","port":50000}}
    {"type":"call","time":"2026-01-02T12:00:00.000480123Z","caller":"server","call":"accept","arguments":"","waits":true,"local":{"addr":"192.0.2.1","port":6666}}
    {"type":"kernel","time":"2026-01-02T11:59:59.999148123Z","socket":"0x1a0a0000","local":{"addr":"192.0.2.1","port":6666},"event":"state","from":"CLOSE","to":"LISTEN"}
    {"type":"kernel","time":"2026-01-02T12:00:00.000007123Z","socket":"0xc3501a0a","local":{"addr":"192.0.2.2","port":50000},"peer":{"addr":"192.0.2.1","port":6666},"event":"send-reset","reason":"TCP_ABORT_ON_CLOSE"}
    {"type":"kernel","time":"2026-01-02T12:00:00.000008123Z","local":{"addr":"192.0.2.2","port":50000},"peer":{"addr":"192.0.2.1","port":6666},"event":"receive-reset"}
    "#);
}

#[test]
fn type_comes_first_and_a_connection_after_its_segments() {
    let text = json(&samples::closed(), "segments,connections,findings,summary");
    let types: Vec<_> = text.lines().filter_map(|line| line.split('"').nth(3)).collect();
    assert!(text.lines().all(|line| line.starts_with("{\"type\":\"")), "{text}");
    assert_eq!(types[7..], ["segment", "connection", "summary"]);
}

#[test]
fn durations_are_decimals_that_read_back() {
    let write = |nanoseconds| model::written(&rare::Seconds(Duration::from_nanos(nanoseconds)));
    let of: Vec<_> = [0, 1, 197_000, 240_000_001, 5_000_000_000, 86_400_123_456_789].map(write).into();
    assert_eq!(of, ["0", "0.000000001", "0.000197", "0.240000001", "5", "86400.123456789"]);
    for nanoseconds in (0..4_000_000_000_000_000).step_by(7_919_131_071_937) {
        let value: f64 = write(nanoseconds).parse().unwrap();
        assert_eq!((value * 1e9).round() as u64, nanoseconds);
    }
}

#[test]
fn all_options_are_told() {
    let mut segments = samples::refused();
    segments[0].options = crate::options::Options::new(&[
        5, 10, 0, 0, 0, 5, 0, 0, 0, 9, 34, 6, 0xca, 0xfe, 0, 1, 34, 2, 30, 4, 0x21, 9, 77, 3, 5, 2, 9, 1,
    ]);
    let text = json(&segments[..1], "segments");
    let record: Value = serde_json::from_str(&text).unwrap();
    insta::assert_snapshot!(record["options"], @r#"[{"blocks":[{"left":5,"right":9}],"kind":"sack"},{"cookie":"cafe0001","kind":"fast-open"},{"cookie":"","kind":"fast-open"},{"hex":"2109","kind":"multipath","subtype":2},{"hex":"05","kind":"unknown","number":77},{"hex":"0901","kind":"malformed","number":2}]"#);
}

#[test]
fn a_finding_stands_alone_and_in_its_connection() {
    use crate::analyzer::diagnosis::code::Code;
    use crate::analyzer::diagnosis::finding::Finding;
    use crate::analyzer::diagnosis::severity::Confidence;
    let finding = Finding {
        code: Code::SynRetransmitted,
        frames: vec![1, 2],
        confidence: Confidence::Certain,
        says: "The client sent its SYN twice.".to_owned(),
        rivals: vec!["a duplicate made by the network"],
    };
    let value = |line: Buffer| serde_json::from_str::<Value>(line.as_str()).unwrap();
    let (mut alone, mut inside) = (Buffer::new(), Buffer::new());
    alone.add(FindingRecord { connection: Some(7), finding: &finding });
    finding::FoundRecord(&finding).write(&mut inside);
    let (alone, inside) = (value(alone), value(inside));
    insta::assert_snapshot!(alone, @r#"{"code":"syn-retransmitted","confidence":"certain","connection":7,"frames":[1,2],"reference":"RFC 9293 §3.8.1","rivals":["a duplicate made by the network"],"says":"The client sent its SYN twice.","severity":"warning","type":"finding"}"#);
    let schema: Value = serde_json::from_str(include_str!("../../../docs/tcpshake.schema.json")).unwrap();
    jsonschema::validate(&schema, &alone).unwrap();
    for (name, value) in inside.as_object().unwrap() {
        assert_eq!(alone[name], *value);
    }
}
