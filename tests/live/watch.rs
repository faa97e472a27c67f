//! `watch` beside foreign programs: how it ends, what it says then, what it writes, and what it passes over.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::run::{LIMIT, Running, Said, connected, free_port, has, run, said, words};
use crate::{connection, labels, may_capture, of};

/// A watch that has begun. What the kernel says is tested in `kernel.rs`.
fn watching(options: &str) -> Running {
    let mut watch = Running::start(&mut words(&format!("watch --no-kernel {options}")));
    watch.err_until("watching ");
    watch
}

/// Interrupts it; its end must be a normal one.
#[track_caller]
fn interrupted(watch: Running) -> Said {
    watch.signal("INT");
    watch.end().with_code(0)
}

/// A listener on a port of its own.
fn listening() -> (TcpListener, u16) {
    let port = free_port();
    (TcpListener::bind(("127.0.0.1", port)).unwrap(), port)
}

/// Both ends of a new connection, after one octet has gone over it: client, server.
fn opened(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let mut client = connected(listener.local_addr().unwrap().port());
    let (mut server, _) = listener.accept().unwrap();
    server.set_read_timeout(Some(LIMIT)).unwrap();
    client.write_all(b"x").unwrap();
    server.read_exact(&mut [0]).unwrap();
    (client, server)
}

/// A whole connection, which the client closes first.
fn exchange(listener: &TcpListener) {
    let (mut client, server) = opened(listener);
    client.shutdown(Shutdown::Write).unwrap();
    drop(server);
    assert_eq!(client.read(&mut [0]).unwrap(), 0);
}

#[test]
fn an_interrupt_is_a_normal_end() {
    if !may_capture("watch and an interrupt") {
        return;
    }
    for signal in ["INT", "TERM"] {
        let (listener, port) = listening();
        let watch = watching(&format!("--format json tcp port {port}"));
        // It sleeps while frames come, and finds the signal first when it wakes: they belong to the report.
        watch.signal("STOP");
        exchange(&listener);
        watch.signal(signal);
        watch.signal("CONT");
        let records = watch.end().with_code(0).records();
        assert_eq!(connection(&records)["outcome"], "closed", "{signal}");
        assert!(labels(&records).contains(&"ACK N+1"), "{signal}: {:?}", labels(&records));
        let summary = records.last().unwrap();
        let segments = labels(&records).len();
        assert_eq!((&summary["type"], &summary["segments"]), (&json!("summary"), &json!(segments)));
        assert_eq!((&summary["captured"], &summary["dropped"]), (&json!(segments), &json!(0)));
    }
}

#[test]
fn an_interrupt_before_anything_came() {
    if !may_capture("watch with nothing to see") {
        return;
    }
    let ended = interrupted(watching(&format!("tcp port {}", free_port())));
    assert_eq!(ended.out, "");
    assert!(
        ended.err.ends_with("\n0 frames, 0 segments in 0 connections; none lost by the capture\n"),
        "{}",
        ended.err
    );
}

#[test]
fn a_count_is_a_normal_end() {
    if !may_capture("watch -c") {
        return;
    }
    let (listener, port) = listening();
    let watch = watching(&format!("-c 3 tcp port {port}"));
    exchange(&listener);
    let ended = watch.end().with_code(0);
    let lines: Vec<&str> = ended.out.lines().collect();
    assert_eq!(lines.len(), 5, "{}", ended.out);
    assert!(lines[4].contains("! note checksum-offloaded"), "{}", ended.out);
    assert!(lines[3].contains("= open (opening three-way, closing none)"), "{}", ended.out);
    for (line, label) in lines.iter().zip(["SYN J", "SYN K, ACK J+1", "ACK K+1"]) {
        assert!(line.contains(label), "{}", ended.out);
    }
    assert!(
        ended
            .err
            .ends_with("\n3 frames, 3 segments in 1 connection; found: 1 note; none lost by the capture\n"),
        "{}",
        ended.err
    );
}

#[test]
fn a_segment_is_shown_when_it_comes() {
    if !may_capture("watch while it goes on") {
        return;
    }
    let (listener, port) = listening();
    for format in ["lines", "json"] {
        let mut watch = watching(&format!("--format {format} tcp port {port}"));
        let ends = opened(&listener);
        watch.out_until("DATA 1");
        drop(ends);
        watch.out_until("FIN N");
        interrupted(watch);
    }
}

#[test]
fn a_connection_is_reported_soon_after_its_end() {
    if !may_capture("watch, and a connection that ends") {
        return;
    }
    let (listener, port) = listening();
    for format in ["ladder", "table", "json"] {
        let mut watch = watching(&format!("--format {format} --records connections tcp port {port}"));
        exchange(&listener);
        let end = match format {
            "ladder" => "holds TIME-WAIT",
            "table" => "three-way",
            _ => "\"outcome\":\"closed\"",
        };
        watch.out_until(end);
        interrupted(watch);
    }
}

#[test]
fn a_connection_still_open_is_reported_as_open() {
    if !may_capture("watch and an open connection") {
        return;
    }
    let (listener, port) = listening();
    let watch = watching(&format!("--format json tcp port {port}"));
    let ends = opened(&listener);
    let records = interrupted(watch).records();
    let connection = connection(&records);
    assert_eq!((&connection["outcome"], &connection["closing"]["kind"]), (&json!("open"), &json!("none")));
    assert_eq!(connection["states"], json!({ "client": "ESTABLISHED", "server": "ESTABLISHED" }));
    drop(ends);

    let watch = watching(&format!("--format ladder tcp port {port}"));
    let ends = opened(&listener);
    let ladder = interrupted(watch).out;
    assert!(ladder.contains("ESTABLISHED") && ladder.contains("Opened in three segments"), "{ladder}");
    assert!(!ladder.contains("TIME-WAIT"), "{ladder}");
    drop(ends);
}

#[test]
fn a_connection_that_was_there_before() {
    if !may_capture("watch, and a connection that was there before") {
        return;
    }
    let (listener, port) = listening();
    let (mut client, mut server) = opened(&listener);
    let watch = watching(&format!("--format json tcp port {port}"));
    client.write_all(b"again").unwrap();
    server.read_exact(&mut [0; 5]).unwrap();
    let records = interrupted(watch).records();
    assert_eq!(connection(&records)["opening"]["kind"], "not-seen");
    assert_eq!(connection(&records)["outcome"], "open");
    assert_eq!(labels(&records)[0], "DATA 5", "no letter is invented");
}

#[test]
fn a_port_where_nobody_listens() {
    if !may_capture("watch, and a refusal") {
        return;
    }
    let port = free_port();
    let watch = watching(&format!("--format json tcp port {port}"));
    run(&format!("send 127.0.0.1 hello --port {port}")).with_code(2);
    let records = interrupted(watch).records();
    assert_eq!(labels(&records), ["SYN J", "RST, ACK J+1"]);
    assert_eq!(connection(&records)["outcome"], "refused");
}

/// A Python server that says one line and closes at once, before the client does.
const SERVER: &str = "import signal, socket, sys\nsignal.alarm(30)\n\
                      l = socket.create_server(('127.0.0.1', int(sys.argv[1])))\nprint('ready', flush=True)\n\
                      c, _ = l.accept()\nc.sendall(b'bye\\n'); c.close()\n";

#[test]
fn the_server_may_close_first() {
    if !may_capture("watch nc and python3") || !has("python3", "watch") || !has("nc", "watch") {
        return;
    }
    for format in ["ladder", "json"] {
        let port = free_port();
        let watch = watching(&format!("--format {format} tcp port {port}"));
        let mut server = Running::start(Command::new("python3").args(["-c", SERVER, &port.to_string()]));
        server.out_until("ready");
        // It ends when the other side does, since its standard input is empty and stays open for it.
        let mut client = Command::new("nc");
        client.args(["-d", "127.0.0.1", &port.to_string()]).stdin(Stdio::null());
        assert_eq!(said(&mut client).with_code(0).out, "bye\n");
        server.end().with_code(0);
        let ended = interrupted(watch);
        if format == "ladder" {
            assert!(ended.out.contains("The server closed first and holds TIME-WAIT."), "{}", ended.out);
            assert!(ended.out.contains("<---- FIN M ") || ended.out.contains("- FIN M "), "{}", ended.out);
            assert!(ended.out.contains("DATA 4 \"bye\\n\""), "{}", ended.out);
        } else {
            let records = ended.records();
            let connection = connection(&records);
            assert_eq!(connection["closing"]["first"], "server");
            assert_eq!(connection["outcome"], "closed");
            assert_eq!(connection["states"], json!({ "client": "CLOSED", "server": "TIME-WAIT" }));
            assert_eq!(connection["text_octets"], json!({ "client": 0, "server": 4 }));
        }
    }
}

#[test]
fn what_is_watched_can_be_written_too() {
    if !may_capture("watch -w") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watched.pcap");
    let (listener, port) = listening();
    let watch = watching(&format!("-w {} --format json tcp port {port}", path.display()));
    exchange(&listener);
    let watched = interrupted(watch).records();
    let read = run(&format!("read --format json {}", path.display())).quietly().records();
    assert_eq!(labels(&read), labels(&watched));
    assert_eq!(of(&read, "connection"), of(&watched, "connection"));
    for tool in ["tcpdump", "tshark"] {
        if has(tool, "a watched capture read by others") {
            let lines = said(Command::new(tool).args(["-n", "-r"]).arg(&path)).with_code(0).out;
            assert_eq!(lines.lines().count(), labels(&watched).len(), "{tool}: {lines}");
        }
    }
}

#[test]
fn a_capture_can_be_piped_into_read() {
    if !may_capture("watch -w -") {
        return;
    }
    let (listener, port) = listening();
    let (reader, writer) = std::io::pipe().unwrap();
    let mut watch =
        Running::spawn(words(&format!("watch -w - tcp port {port}")).stdout(writer).stderr(Stdio::piped()));
    watch.err_until("watching ");
    let read = Running::start(words("read -").stdin(reader));
    exchange(&listener);
    watch.signal("INT");
    let ended = watch.end().with_code(0);
    assert!(ended.err.contains(" segments in 1 connection; found: 1 note; none lost"), "{}", ended.err);
    assert!(read.end().with_code(0).out.contains("ACK N+1"));
}

#[test]
fn a_reader_that_has_gone_ends_the_watch() {
    if !may_capture("watch and a closed pipe") {
        return;
    }
    for options in ["", "--format json", "-w -"] {
        let (listener, port) = listening();
        let (reader, writer) = std::io::pipe().unwrap();
        let mut watch = words(&format!("watch {options} tcp port {port}"));
        let mut watch = Running::spawn(watch.stdout(writer).stderr(Stdio::piped()));
        watch.err_until("watching ");
        drop(reader);
        exchange(&listener);
        let ended = watch.end().with_code(0);
        assert_eq!(ended.err.lines().count(), 1, "{options}: {}", ended.err);
    }
}

#[test]
fn without_a_filter_it_takes_tcp_and_not_udp() {
    if !may_capture("watch without a filter") {
        return;
    }
    let (listener, port) = listening();
    let mut watch = watching("--format json");
    let (from, to) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    from.send_to(b"datagram", to.local_addr().unwrap()).unwrap();
    exchange(&listener);
    let ours = format!("\"port\":{port}}}");
    let first = watch.out_until(&ours);
    assert!(first.contains("\"label\":\"SYN J\""), "{first}");
    let records = interrupted(watch).records();
    let summary = records.last().unwrap();
    let icmp = summary["frames"].as_u64().unwrap() - summary["segments"].as_u64().unwrap();
    assert_eq!(summary["not_tcp"], icmp, "at most ICMP, which others may cause meanwhile");
    let mine = records.iter().filter(|record| record["server"]["port"] == port);
    assert_eq!(mine.count(), 1);
}

#[test]
fn quiet_and_any() {
    if !may_capture("watch -q -i any") {
        return;
    }
    if !run("interfaces").out.lines().any(|line| line.starts_with("any ")) {
        return crate::run::skipped("watch -i any: this system has none");
    }
    let (listener, port) = listening();
    let mut watch = watching(&format!("-i any -p -s 96 --format json tcp port {port}"));
    exchange(&listener);
    watch.out_until("ACK N+1");
    assert_eq!(connection(&interrupted(watch).records())["opening"]["kind"], "three-way");

    // With -q it does not say when it has begun: the first frames may pass before it looks.
    let mut watch =
        Running::start(&mut words(&format!("watch --no-kernel -q --format lines -c 1 tcp port {port}")));
    let seen = std::thread::spawn(move || watch.out_until("127.0.0.1"));
    while !seen.is_finished() {
        exchange(&listener);
    }
    seen.join().unwrap();
}
